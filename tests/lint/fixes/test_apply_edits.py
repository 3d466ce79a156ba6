"""Edits: which are made, what they leave alone, and how the file is written back."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from forge_doctor.code.files.text_file import read_text_file, write_text_file
from forge_doctor.finding import Finding
from forge_doctor.lint.fixes.apply_edits import MAX_ROUNDS, apply_edits, choose, fix_text
from tests.lint.examples import edit, finding


def find_calls(text: str) -> Sequence[Finding]:
    """A finding for every `db.<name>()` that is not awaited, with the edit that awaits it."""
    found = []
    for number, line in enumerate(text.split("\n"), 1):
        for match in re.finditer(r"(?<!await )(?<!['\"#\w.])db\.\w+\(\)(?P<more>\.\w)?", line.partition("  #")[0]):
            start, end = match.start() + 1, match.end() + 1 - len(match["more"] or "")
            edits = [edit(number, start, start, "(await " if match["more"] else "await ")]
            edits += [edit(number, end, end, ")")] if match["more"] else []
            found.append(finding("rule-a", number, start, edits=tuple(edits)))
    return found


def replacing(check: str, wrong: str, right: str, *, safe: bool = True) -> Callable[[str], Sequence[Finding]]:
    """A rule that finds a text and would replace it."""

    def relint(text: str) -> Sequence[Finding]:
        return [
            finding(check, number, edits=(edit(number, at.start() + 1, at.end() + 1, right, safe=safe),))
            for number, line in enumerate(text.split("\n"), 1)
            for at in re.finditer(re.escape(wrong), line)
        ]

    return relint


def test_edits_are_made_at_characters_not_bytes() -> None:
    assert apply_edits("x = 'é😀'; f()\n", [edit(1, 11, 11, "await ")]) == "x = 'é😀'; await f()\n"


def test_several_findings_are_mended_in_one_pass_and_chained_calls_get_parentheses() -> None:
    source = "async def f(db):\n    db.commit(); x = db.scalar().name\n    return db.get()\n"
    fixed = fix_text(source, find_calls)
    assert fixed.text == (
        "async def f(db):\n    await db.commit(); x = (await db.scalar()).name\n    return await db.get()\n"
    )
    assert (fixed.mended, fixed.refused) == ({"rule-a": 3}, ())


def test_edits_that_touch_each_other_wait_for_the_next_pass() -> None:
    one = finding("rule-a", 1, edits=(edit(1, 1, 4, "x"),))
    two = finding("rule-b", 1, edits=(edit(1, 3, 6, "y"),))
    assert choose([one, two], "abcdefgh") == (one,)


def test_a_findings_edits_are_made_together_or_not_at_all() -> None:
    one = finding("rule-a", 1, edits=(edit(1, 1, 2, "x"),))
    two = finding("rule-b", 1, edits=(edit(1, 2, 3, "y"), edit(1, 7, 8, "z")))
    assert choose([one, two], "abcdefgh") == (one,)


def test_unsafe_edits_need_to_be_asked_for() -> None:
    rule = replacing("rule-a", "old", "new", safe=False)
    assert fix_text("old = 1\n", rule).text == "old = 1\n"
    assert fix_text("old = 1\n", rule, unsafe=True).text == "new = 1\n"


def test_an_edit_that_breaks_the_syntax_is_refused_and_the_other_rules_go_on() -> None:
    def relint(text: str) -> Sequence[Finding]:
        return [*replacing("rule-x", "old", "new(")(text), *find_calls(text)]

    fixed = fix_text("async def f(db):\n    old()\n    db.commit()\n", relint)
    assert fixed.text == "async def f(db):\n    old()\n    await db.commit()\n"
    assert fixed.refused == ("rule-x",)


def test_an_edit_that_would_not_compile_is_refused() -> None:
    fixed = fix_text("def f(db):\n    db.commit()\n", find_calls)
    assert fixed.text == "def f(db):\n    db.commit()\n"
    assert fixed.refused == ("rule-a",)


def test_an_edit_after_which_the_rule_still_complains_is_refused() -> None:
    fixed = fix_text("old = 1\n", replacing("rule-a", "old", "olden"))
    assert (fixed.text, fixed.refused) == ("old = 1\n", ("rule-a",))


def test_newer_syntax_than_the_interpreter_is_no_hindrance() -> None:
    source = "async def f(db):\n    try: db.commit()\n    except A, B: pass\n    t = t'{x}'\n"
    assert fix_text(source, find_calls).text == source.replace("db.commit", "await db.commit")


def test_edits_that_feed_each_other_end() -> None:
    def relint(text: str) -> Sequence[Finding]:
        rule, wrong, right = ("rule-a", "aa", "bb") if "aa" in text else ("rule-b", "bb", "aa")
        return replacing(rule, wrong, right)(text)

    fixed = fix_text("aa = 1\n", relint)
    assert sum(fixed.mended.values()) == MAX_ROUNDS


def test_a_lone_carriage_return_ends_a_line_and_stays() -> None:
    assert apply_edits("a\rb\r\nc\n", [edit(2, 1, 2, "x"), edit(3, 1, 2, "y")]) == "a\rx\r\ny\n"


def test_new_lines_in_an_edit_follow_the_file() -> None:
    assert apply_edits("a\r\nb\r\n", [edit(2, 1, 1, "x\n")], "\r\n") == "a\r\nx\r\nb\r\n"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"x = 'a'\n", b"y = 'a'\n"),
        (b"\xef\xbb\xbfx = '\xc3\xa9'\r\n", b"\xef\xbb\xbfy = '\xc3\xa9'\r\n"),
        (b"# -*- coding: latin-1 -*-\nx = '\xe9'\n", b"# -*- coding: latin-1 -*-\ny = '\xe9'\n"),
        (b"x = 1\r\n\x0cz = 2\nlast", b"y = 1\r\n\x0cz = 2\nlast"),
    ],
)
def test_a_file_keeps_its_encoding_mark_newlines_and_mode(tmp_path: Path, data: bytes, expected: bytes) -> None:
    path = tmp_path / "app.py"
    path.write_bytes(data)
    path.chmod(0o750)
    file = read_text_file(path)
    assert "\ufeff" not in file.text
    write_text_file(file, file.text.replace("x =", "y ="))
    assert path.read_bytes() == expected
    assert path.stat().st_mode & 0o777 == 0o750
    assert [entry.name for entry in tmp_path.iterdir()] == ["app.py"]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real.py").write_text("x = 1\n")
    (tmp_path / "link.py").symlink_to("real.py")
    write_text_file(read_text_file(tmp_path / "link.py"), "y = 1\n")
    assert (tmp_path / "link.py").is_symlink()
    assert (tmp_path / "real.py").read_text() == "y = 1\n"


def test_a_file_changed_meanwhile_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "app.py"
    path.write_text("x = 1\n")
    file = read_text_file(path)
    path.write_text("x = 2\n")
    with pytest.raises(ValueError, match="changed by somebody else"):
        write_text_file(file, "y = 1\n")
    assert path.read_text() == "x = 2\n"


def test_a_text_that_does_not_fit_the_encoding_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "app.py"
    path.write_bytes(b"# coding: latin-1\nx = 1\n")
    with pytest.raises(ValueError, match="latin-1"):
        write_text_file(read_text_file(path), "# coding: latin-1\nx = '😀'\n")
    assert path.read_bytes() == b"# coding: latin-1\nx = 1\n"


@pytest.mark.parametrize("data", [b"# coding: nonsense\n", b"x = '\xff'\n", b"# coding: utf-7\n+AGE-\n"])
def test_an_encoding_that_does_not_hold_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "app.py"
    path.write_bytes(data)
    with pytest.raises(ValueError, match=r"encoding|decode|written back"):
        read_text_file(path)
