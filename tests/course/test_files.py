"""A file is written whole or not at all."""

import resource

import pytest

from coursekit.course.files import write_whole


def test_text_is_written_and_its_folder_made(tmp_path):
    write_whole(tmp_path / "a" / "b.txt", "häß\r\n")
    assert (tmp_path / "a" / "b.txt").read_bytes() == "häß\r\n".encode()


def test_permissions_are_as_asked_for_whatever_the_umask(tmp_path):
    write_whole(tmp_path / "private", "", mode=0o600)
    write_whole(tmp_path / "public", "")
    assert [(tmp_path / name).stat().st_mode & 0o777 for name in ("private", "public")] == [0o600, 0o644]


def test_a_write_that_fails_leaves_the_old_text_and_nothing_else(tmp_path):
    path = tmp_path / "marks.csv"
    write_whole(path, "old")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    # As on a full disk, in effect: Python ignores the signal and the write fails.
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            write_whole(path, "new" * 1000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["marks.csv"]
