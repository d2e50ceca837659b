"""Files from a server on the loopback that does all that servers do."""

import contextlib
import errno
import hashlib
import http.server
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import tomllib
from pathlib import Path

import numpy as np
import pytest

from coursekit.data.real.download import RemoteFile, cache_folder, fetch, remote_files
from coursekit.errors import CourseError

ROOT = Path(__file__).parents[3]
TABLES = sorted(path.stem for path in (ROOT / "coursekit" / "data" / "real" / "checksums").iterdir())
# Large enough that half of it is more than one buffer of the network on the way.
BODY = np.random.default_rng(0).bytes(300_000)
OTHER = np.random.default_rng(1).bytes(300_000)
STALL_S = 0.5


def answer(handler, body, length=None, status=200):
    handler.send_response(status)
    if length is not None:
        handler.send_header("Content-Length", str(length))
    handler.end_headers()
    handler.wfile.write(body)


def sends_the_file(handler):
    answer(handler, BODY, len(BODY))


def cuts_in_the_middle(handler):
    answer(handler, BODY[:150_000], len(BODY))


def cuts_without_having_said_the_length(handler):
    answer(handler, BODY[:150_000])


def says_it_is_longer(handler):
    answer(handler, BODY, len(BODY) + 1000)


def says_it_is_shorter(handler):
    answer(handler, BODY, len(BODY) - 1000)


def sends_other_bytes(handler):
    answer(handler, OTHER, len(OTHER))


def sends_nothing(handler):
    answer(handler, b"", 0)


def asks_for_a_login(handler):
    answer(handler, b"\n<!DOCTYPE html><title>Welcome to our hotel</title>")


def resets_the_connection(handler):
    answer(handler, BODY[:1000], len(BODY))
    # Closing with a linger time of 0 sends a reset instead of a polite end.
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    handler.wfile.flush()
    handler.rfile.close()
    handler.connection.close()


def stalls_before_the_answer(handler):
    handler.server.test_is_over.wait(20)


def stalls_in_the_middle(handler):
    answer(handler, BODY[:150_000], len(BODY))
    handler.server.test_is_over.wait(20)


def is_not_there(handler):
    answer(handler, b"no", 2, status=404)


def is_broken(handler):
    answer(handler, b"no", 2, status=500)


def refuses(handler):
    answer(handler, b"no", 2, status=403)


def sends_elsewhere(handler):
    handler.send_response(302)
    handler.send_header("Location", "/elsewhere")
    handler.end_headers()


def sends_round_in_circles(handler):
    handler.send_response(302)
    handler.send_header("Location", handler.path)
    handler.end_headers()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked_for.append(self.path)
        # Clients that hang up are what some tests want.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.server.does.get(self.path, sends_the_file)(self)
        self.close_connection = True

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    """What it does is set by path; the file is sent where nothing is set."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.does, self.asked_for, self.test_is_over = {}, [], threading.Event()

    def file(self, path="/folder/file.bin", body=BODY):
        return RemoteFile(
            f"http://127.0.0.1:{self.server_port}{path}", "sha256", hashlib.sha256(body).hexdigest()
        )

    def handle_error(self, *_):
        """Closing a connection that the client has left is no error either."""


@pytest.fixture
def server():
    server = Server()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.test_is_over.set()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSEKIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("COURSEKIT_MIRROR", raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return tmp_path / "cache"


def files_in(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file())


def in_a_process(*files, before=(), script="", **environment):
    """Start a Python that fetches and prints the digests, or the message of the error."""
    code = (
        "import hashlib, sys\n"
        "from coursekit.data.real.download import RemoteFile, fetch\n"
        "from coursekit.errors import CourseError\n"
        f"{script}\n"
        "try:\n"
        f"    paths = fetch({list(files)!r}, 'test', timeout_s=60)\n"
        "    print([hashlib.sha256(path.read_bytes()).hexdigest() for path in paths])\n"
        "except CourseError as error:\n"
        "    print('CourseError:', error)\n"
    )
    return subprocess.Popen(
        [*before, sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env=os.environ | environment
    )


def said(process):
    out, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    return out.strip()


# What works


def test_a_file_comes_whole_and_is_asked_for_once(server, cache):
    file = server.file()
    (path,) = fetch([file], "test")
    assert path.read_bytes() == BODY
    assert fetch([file], "test") == [path]
    assert server.asked_for == ["/folder/file.bin"]
    assert files_in(cache) == [path]


def test_a_redirection_is_followed(server):
    server.does["/folder/file.bin"] = sends_elsewhere
    (path,) = fetch([server.file()], "test")
    assert path.read_bytes() == BODY
    assert server.asked_for[-1] == "/elsewhere"


def test_md5_serves_where_a_publisher_gives_no_better(server):
    url = server.file().url
    (path,) = fetch([RemoteFile(url, "md5", hashlib.md5(BODY).hexdigest())], "test")
    assert path.read_bytes() == BODY


def test_paths_come_in_the_order_asked_for_and_twice_if_asked_twice(server):
    files = [server.file(f"/{name}.bin") for name in "cab"]
    names = [path.name for path in fetch([*files, files[0]], "test")]
    assert names == ["c.bin", "a.bin", "b.bin", "c.bin"]
    assert sorted(server.asked_for) == ["/a.bin", "/b.bin", "/c.bin"]


def test_nothing_is_written_where_nobody_looks(server, capfd):
    fetch([server.file(f"/{i}.bin") for i in range(3)], "test")
    assert capfd.readouterr() == ("", "")


def test_a_terminal_shows_how_far_it_is(server, capsys, monkeypatch):
    # Makes rich believe that it writes to a terminal.
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    fetch([server.file()], "a single file")
    fetch([server.file(f"/{i}.bin") for i in range(3)], "three files")
    out, err = capsys.readouterr()
    assert out == ""
    assert "a single file" in err
    assert "three files" in err


# What servers do wrong

WRONG = [
    (cuts_in_the_middle, "cut in the middle"),
    (cuts_without_having_said_the_length, "150,000 bytes with sha256"),
    (says_it_is_longer, "cut in the middle"),
    (says_it_is_shorter, "299,000 bytes with sha256"),
    (sends_other_bytes, f"sha256 {hashlib.sha256(OTHER).hexdigest()}"),
    (sends_nothing, "0 bytes with sha256"),
    (asks_for_a_login, "log in first"),
    (resets_the_connection, "could not be fetched"),
    (stalls_before_the_answer, "no answer for 0.5 s"),
    (stalls_in_the_middle, "no answer for 0.5 s"),
    (is_not_there, "404 Not Found.*not there any more"),
    (is_broken, "500 Internal Server Error.*Try later"),
    (refuses, "403 Forbidden.*Try later"),
    (sends_round_in_circles, "could not be fetched"),
]


@pytest.mark.parametrize(("behaviour", "message"), WRONG, ids=[case[0].__name__ for case in WRONG])
def test_a_server_that(behaviour, message, server, cache):
    file = server.file()
    server.does["/folder/file.bin"] = behaviour
    with pytest.raises(CourseError, match=message) as caught:
        fetch([file], "test", timeout_s=STALL_S)
    assert file.url in str(caught.value)
    assert "\n" not in str(caught.value)
    assert files_in(cache) == []
    server.does.clear()
    (path,) = fetch([file], "test", timeout_s=20)
    assert path.read_bytes() == BODY
    assert files_in(cache) == [path]


def test_wrong_bytes_are_told_with_both_checksums(server):
    file = server.file()
    server.does["/folder/file.bin"] = sends_other_bytes
    with pytest.raises(CourseError, match=f"expected sha256 {hashlib.sha256(BODY).hexdigest()}"):
        fetch([file], "test")


def test_a_port_where_nobody_listens_is_no_connection(cache):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        file = RemoteFile(f"http://127.0.0.1:{unused.getsockname()[1]}/file.bin", "sha256", "0" * 64)
        with pytest.raises(CourseError, match=r"no connection \(Connection refused\).*COURSEKIT_MIRROR"):
            fetch([file], "test")
    assert files_in(cache) == []


def test_a_name_that_nobody_knows_is_no_connection(monkeypatch):
    def nobody_knows(*_, **__):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nobody_knows)
    with pytest.raises(CourseError, match=r"no connection \(Name or service not known\)"):
        fetch([RemoteFile("http://data.invalid/file.bin", "sha256", "0" * 64)], "test")


# Sets of files


def test_a_set_that_failed_goes_on_with_the_files_that_are_missing(server, cache):
    files = [server.file(f"/{i}.bin") for i in range(20)]
    server.does["/7.bin"] = is_broken
    with pytest.raises(CourseError, match=r"7\.bin could not be fetched.*of 20 files have arrived") as caught:
        fetch(files, "test")
    arrived = {f"/{path.name}" for path in files_in(cache)}
    assert f" {len(arrived)} of 20 files" in str(caught.value)
    server.does.clear()
    server.asked_for.clear()
    paths = fetch(files, "test")
    assert sorted(server.asked_for) == sorted({f"/{i}.bin" for i in range(20)} - arrived)
    assert all(path.read_bytes() == BODY for path in paths)


def test_a_set_survives_being_killed_in_the_middle(server, cache):
    files = [server.file(f"/{i}.bin") for i in range(4)]
    server.does["/3.bin"] = stalls_in_the_middle
    process = in_a_process(*files)
    deadline = time.monotonic() + 30
    while len([path for path in files_in(cache) if path.suffix]) < 3:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    server.does.clear()
    server.asked_for.clear()
    assert all(path.read_bytes() == BODY for path in fetch(files, "test"))
    assert server.asked_for == ["/3.bin"]


def test_what_a_killed_download_left_is_removed_a_day_later(server, cache):
    folder = cache / "127.0.0.1" / "folder"
    folder.mkdir(parents=True)
    for name, age_s in [("tmpold", 90_000), ("tmpnew", 60)]:
        (folder / name).write_bytes(BODY[:1000])
        os.utime(folder / name, (time.time() - age_s,) * 2)
    fetch([server.file()], "test")
    assert [path.name for path in files_in(cache)] == ["file.bin", "tmpnew"]


# Several processes


def test_processes_that_fetch_at_once_all_get_the_file(server, cache):
    together = threading.Barrier(3, timeout=60)

    def sends_slowly(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(BODY)))
        handler.end_headers()
        for start in range(0, len(BODY), 100_000):
            # None gets further than the others: all three are always under way.
            together.wait()
            handler.wfile.write(BODY[start : start + 100_000])

    server.does["/folder/file.bin"] = sends_slowly
    processes = [in_a_process(server.file()) for _ in range(3)]
    right = str([hashlib.sha256(BODY).hexdigest()])
    assert [said(process) for process in processes] == [right] * 3
    assert len(server.asked_for) == 3
    assert [path.read_bytes() for path in files_in(cache)] == [BODY]


def test_wrong_bytes_of_one_process_do_not_spoil_the_file_of_another(server, cache):
    together = threading.Barrier(2, timeout=60)

    def sends_wrong_bytes_to_one(handler):
        body = (BODY, OTHER)[together.wait()]
        answer(handler, body, len(body))

    server.does["/folder/file.bin"] = sends_wrong_bytes_to_one
    right, wrong = sorted(said(process) for process in [in_a_process(server.file()) for _ in range(2)])[::-1]
    assert right == str([hashlib.sha256(BODY).hexdigest()])
    assert "gave other bytes than expected" in wrong
    assert [path.read_bytes() for path in files_in(cache)] == [BODY]


# The cache


@pytest.mark.parametrize("damage", [BODY[:100_000], b"", OTHER, BODY + b"0"])
def test_a_file_that_was_damaged_in_the_cache_is_fetched_again(damage, server):
    file = server.file()
    (path,) = fetch([file], "test")
    path.write_bytes(damage)
    assert fetch([file], "test") == [path]
    assert path.read_bytes() == BODY


def test_a_damaged_file_is_not_handed_out_when_the_network_is_away(server):
    file = server.file()
    (path,) = fetch([file], "test")
    path.write_bytes(OTHER)
    server.does["/folder/file.bin"] = is_broken
    with pytest.raises(CourseError, match="could not be fetched"):
        fetch([file], "test")


def test_a_cache_that_is_a_file_is_told(server, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("not a folder")
    for cache in (tmp_path / "file", tmp_path / "file" / "below"):
        monkeypatch.setenv("COURSEKIT_CACHE", str(cache))
        with pytest.raises(CourseError, match=r"is a file, not a folder.*COURSEKIT_CACHE"):
            fetch([server.file()], "test")


def test_a_folder_in_the_place_of_the_file_is_told(server, cache):
    (cache / "127.0.0.1" / "folder" / "file.bin").mkdir(parents=True)
    with pytest.raises(CourseError, match=r"can't be used \(Is a directory\)"):
        fetch([server.file()], "test")


@pytest.mark.sandbox
def test_a_full_disk_is_told_and_keeps_nothing_broken(server, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    small = ["bwrap", "--bind", "/", "/", "--dev", "/dev", "--size", "65536", "--tmpfs", str(disk)]
    # The little disk is gone with the process: what is left on it must be listed there.
    script = (
        "import atexit, pathlib\n"
        f"files = lambda: [p for p in pathlib.Path({str(disk)!r}).rglob('*') if p.is_file()]\n"
        "atexit.register(lambda: print(files()))"
    )
    process = in_a_process(server.file(), before=small, script=script, COURSEKIT_CACHE=str(disk))
    message, left = said(process).splitlines()
    assert re.match(r"CourseError: The cache .*disk is on a disk that is full.*COURSEKIT_CACHE", message)
    assert left == "[]"
    assert said(in_a_process(server.file())) == str([hashlib.sha256(BODY).hexdigest()])


@pytest.mark.sandbox
def test_a_cache_that_is_read_only_serves_what_it_has_and_tells_what_it_lacks(server, cache):
    there, lacking = server.file("/there.bin"), server.file("/lacking.bin")
    fetch([there], "test")
    read_only = ["bwrap", "--bind", "/", "/", "--dev", "/dev", "--ro-bind", str(cache), str(cache)]
    first = in_a_process(there, before=read_only)
    second = in_a_process(there, lacking, before=read_only)
    assert said(first) == str([hashlib.sha256(BODY).hexdigest()])
    assert re.match(
        r"CourseError: The cache .*lacks the file and can't be written to.*COURSEKIT_CACHE", said(second)
    )
    assert server.asked_for == ["/there.bin"]


def test_the_cache_is_where_the_system_keeps_caches_unless_the_environment_names_one(monkeypatch, cache):
    assert cache_folder() == cache
    monkeypatch.setenv("COURSEKIT_CACHE", "~/data")
    assert cache_folder() == Path.home() / "data"
    monkeypatch.setenv("COURSEKIT_CACHE", "")
    assert cache_folder().name == "coursekit"


# The mirror

GITHUB = RemoteFile(
    "https://raw.githubusercontent.com/owner/repo/0123abc/data/file.bin",
    "sha256",
    hashlib.sha256(BODY).hexdigest(),
)
ELSEWHERE = RemoteFile(
    "https://data.example.org/records/1/file.npz?download=1", "sha256", hashlib.sha256(BODY).hexdigest()
)


@pytest.fixture
def mirror(tmp_path, monkeypatch):
    def no_network(*_, **__):
        pytest.fail("the network was touched")

    monkeypatch.setattr(socket, "getaddrinfo", no_network)
    monkeypatch.setenv("COURSEKIT_MIRROR", str(tmp_path / "mirror"))
    for file in (GITHUB, ELSEWHERE):
        path = tmp_path / "mirror" / file.place
        path.parent.mkdir(parents=True)
        path.write_bytes(BODY)
    return tmp_path / "mirror"


def test_a_mirror_is_laid_out_by_repository_or_by_host():
    assert GITHUB.place == "owner/repo/0123abc/data/file.bin"
    assert ELSEWHERE.place == "data.example.org/records/1/file.npz"


def test_files_come_from_the_mirror_and_the_network_is_not_touched(mirror, cache):
    paths = fetch([GITHUB, ELSEWHERE], "test")
    assert [path.read_bytes() for path in paths] == [BODY, BODY]
    assert all(cache in path.parents for path in paths)


def test_what_came_from_a_mirror_stays_when_the_mirror_goes(mirror):
    fetch([GITHUB], "test")
    shutil.rmtree(mirror)
    (path,) = fetch([GITHUB], "test")
    assert path.read_bytes() == BODY


def test_a_cache_can_serve_as_a_mirror(mirror, cache, tmp_path, monkeypatch):
    fetch([GITHUB, ELSEWHERE], "test")
    monkeypatch.setenv("COURSEKIT_MIRROR", str(cache))
    monkeypatch.setenv("COURSEKIT_CACHE", str(tmp_path / "second"))
    assert [path.read_bytes() for path in fetch([GITHUB, ELSEWHERE], "test")] == [BODY, BODY]


def test_a_file_in_the_cache_has_the_rights_that_files_of_this_person_have(server, tmp_path):
    (tmp_path / "ordinary").write_bytes(b"")
    (path,) = fetch([server.file()], "test")
    assert path.stat().st_mode == (tmp_path / "ordinary").stat().st_mode


def test_a_copy_from_a_mirror_has_the_rights_that_files_of_this_person_have(mirror, tmp_path):
    (tmp_path / "ordinary").write_bytes(b"")
    (mirror / GITHUB.place).chmod(0o400)
    (path,) = fetch([GITHUB], "test")
    assert path.stat().st_mode == (tmp_path / "ordinary").stat().st_mode


def test_a_file_of_the_mirror_that_may_not_be_read_is_named(mirror, cache, monkeypatch):
    ordinary = Path.open

    # Taking the right away would not stop a test that runs as root.
    def refuses_the_mirror(path, *arguments, **options):
        if mirror in path.parents:
            raise PermissionError(errno.EACCES, "Permission denied")
        return ordinary(path, *arguments, **options)

    monkeypatch.setattr(Path, "open", refuses_the_mirror)
    with pytest.raises(CourseError, match=r"mirror/owner.*can't be read \(Permission denied\)") as caught:
        fetch([GITHUB], "test")
    assert str(cache) not in str(caught.value)
    assert files_in(cache) == []


def test_a_mirror_that_does_not_exist_is_told(mirror, cache):
    shutil.rmtree(mirror)
    with pytest.raises(CourseError, match=r"COURSEKIT_MIRROR is .*mirror, but there is no such folder"):
        fetch([GITHUB], "test")
    assert files_in(cache) == []


def test_a_file_that_the_mirror_lacks_is_named(mirror, cache):
    (mirror / GITHUB.place).unlink()
    with pytest.raises(CourseError, match=r"no file owner/repo/0123abc/data/file\.bin in it.*unset"):
        fetch([GITHUB], "test")
    assert files_in(cache) == []


def test_wrong_bytes_of_a_mirror_are_refused(mirror, cache):
    (mirror / GITHUB.place).write_bytes(OTHER)
    with pytest.raises(CourseError, match=r"mirror/owner.*gave other bytes than expected: 300,000 bytes"):
        fetch([GITHUB], "test")
    assert files_in(cache) == []


# The tables


@pytest.mark.parametrize("table", TABLES)
def test_every_file_of_a_table_has_a_fixed_address_and_a_checksum(table):
    files = remote_files(table)
    assert files
    assert len(set(files.values())) == len(files)
    for path, file in files.items():
        assert path in file.url
        assert re.fullmatch(r"[0-9a-f]{64}|[0-9a-f]{32}", file.digest)
        assert re.match(
            r"https://(raw\.githubusercontent\.com/[^/]+/[^/]+/[0-9a-f]{40}|zenodo\.org/records/\d+)/",
            file.url,
        )
        # A path that leaves the folder would write outside the cache.
        assert ".." not in Path(file.place).parts


@pytest.mark.parametrize("table", TABLES)
def test_tables_ship_with_the_package(table):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    patterns = project["tool"]["setuptools"]["package-data"]["coursekit"]
    assert any(Path(f"data/real/checksums/{table}.txt").match(pattern) for pattern in patterns)
