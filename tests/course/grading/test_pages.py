import csv
import io
from pathlib import Path

import pytest

from coursekit.course.grading.marking import Mark
from coursekit.course.grading.pages import page_names, write_pages
from coursekit.course.grading.store import Marking, SubmissionMark
from coursekit.course.source import LessonSource
from coursekit.errors import CourseError

SOURCE = LessonSource("01_tiny", "Tiny <lesson>", 3, (), (), Path("solutions/01_tiny.py"))
MARKING = Marking(1, "01_tiny", 3, "", ("double", "letter"), "secret-seed")


def submission(learner: str, *answers: Mark, status: str = "ok", reason: str = "") -> SubmissionMark:
    points, of = sum(a.points for a in answers), sum(a.of for a in answers)
    return SubmissionMark(f"{learner}.ipynb", learner, "ab" * 32, status, reason, 0.5, points, of, answers)


RIGHT = Mark("double", "correct", 2, 2, "Well done.", code="2 * x")
WRONG = Mark("letter", "not yet", 0, 1, "No.", "letter()", "'b'", "'a'", output="<b>hi</b>", printed=9)


def rows(out: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO((out / "marks.csv").read_text(encoding="utf-8-sig"))))


def test_the_table_has_a_row_for_each_learner_and_a_column_for_each_question(tmp_path: Path) -> None:
    write_pages(tmp_path, SOURCE, MARKING, [submission("ana", RIGHT, WRONG)])
    (row,) = rows(tmp_path)
    assert (row["learner"], row["points"], row["of"]) == ("ana", "2", "3")
    assert (row["double"], row["letter"]) == ("2", "0")


@pytest.mark.parametrize("name", ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(1)", " =1", "\t=1"])
def test_the_table_holds_no_formula(tmp_path: Path, name: str) -> None:
    write_pages(tmp_path, SOURCE, MARKING, [submission(name, RIGHT, WRONG, status="invalid", reason=name)])
    (row,) = rows(tmp_path)
    assert row["learner"] == f"'{name}"
    assert row["remark"] == f"'{name}"


def test_a_learners_text_is_no_markup(tmp_path: Path) -> None:
    write_pages(tmp_path, SOURCE, MARKING, [submission("<script>alert(1)</script>", RIGHT, WRONG)])
    for page in (tmp_path / "index.html", *(tmp_path / "pages").iterdir()):
        text = page.read_text()
        assert "<script" not in text
        assert "<b>hi" not in text
        assert "&lt;script&gt;" in text


def test_pages_forbid_scripts_and_addresses(tmp_path: Path) -> None:
    write_pages(tmp_path, SOURCE, MARKING, [submission("ana", RIGHT, WRONG)])
    text = (tmp_path / "pages" / "ana.html").read_text()
    assert "default-src &#39;none&#39;" in text
    assert "unsafe-inline" not in text
    assert "http://" not in text
    assert "https://" not in text


def test_pages_do_not_hold_the_secret_seed(tmp_path: Path) -> None:
    write_pages(tmp_path, SOURCE, MARKING, [submission("ana", RIGHT, WRONG)])
    assert not [p for p in tmp_path.rglob("*") if p.is_file() and "secret-seed" in p.read_text()]


def test_a_page_cannot_be_written_outside_its_folder() -> None:
    names = page_names([submission(name) for name in ("../../up", "/etc/passwd", "..", "a/b", "con?*:<>|")])
    assert all("/" not in name and not name.startswith(".") for name in names.values())


def test_learners_whose_names_collide_have_pages_of_their_own() -> None:
    names = page_names([submission(name) for name in ("a b", "a_b", "A_b", "c")])
    assert len({name.lower() for name in names.values()}) == 4
    assert names["c.ipynb"] == "c.html"


def test_an_invalid_file_gets_a_page_with_the_reason(tmp_path: Path) -> None:
    write_pages(tmp_path, SOURCE, MARKING, [submission("eve", status="invalid", reason="The file is empty.")])
    assert "The file is empty." in (tmp_path / "pages" / "eve.html").read_text()
    assert "The file is empty." in (tmp_path / "index.html").read_text()


def test_pages_that_cannot_be_written_are_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "pages").write_text("a file in the way")
    with pytest.raises(CourseError, match="All marks are in marks"):
        write_pages(tmp_path, SOURCE, MARKING, [])
