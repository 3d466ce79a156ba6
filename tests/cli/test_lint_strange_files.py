"""Files as they lie about in the world: each is linted or named, and no byte changes that a fix does not name."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from forge_doctor.code.files.discover import Discovered, discover
from forge_doctor.code.files.walk import Scope
from forge_doctor.lint import run
from tests.support.lint_command import Ran, lint, lint_json
from tests.support.unprivileged import without_root

FAULTY = b"from sqlalchemy.ext.asyncio import AsyncSession\n\n\nasync def save(db: AsyncSession):\n    db.commit()\n"
FOUND = "unawaited-session-call app/save.py:5"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    (tmp_path / "app").mkdir()
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    (tmp_path / "app/save.py").write_bytes(FAULTY)
    return tmp_path


def not_run(ran: Ran) -> list[str]:
    return [one["reason"] for one in json.loads(ran.out)["not_run"]]


def test_links_that_lead_in_circles_end_and_files_are_told_once(shop: Path) -> None:
    (shop / "app/around").symlink_to(shop)
    (shop / "app/itself").symlink_to("itself")
    (shop / "app/knot.py").symlink_to("knot.py")
    (shop / "app/again.py").symlink_to("save.py")
    ran = lint_json(shop)
    assert (ran.status, len(ran.findings), not_run(ran)) == (1, 1, [])


def test_a_folder_closed_to_us_is_named_and_the_others_go_on(shop: Path) -> None:
    (shop / "app/closed").mkdir()
    (shop / "app/closed/more.py").write_bytes(FAULTY)
    lint_json(shop)  # imports what an ordinary user may not
    with without_root(shop):
        (shop / "app/closed").chmod(0)
        partly, blind = lint_json(shop), lint_json(shop, "app/closed")
        (shop / "app/closed").chmod(0o700)
    assert (partly.status, partly.places) == (1, [FOUND])
    assert blind.status == 3
    for ran in (partly, blind):
        assert ["app/closed" in reason for reason in not_run(ran)] == [True]


@pytest.mark.parametrize("cached", [True, False])
def test_a_file_that_goes_away_while_we_look_is_named(
    shop: Path, cached: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = shop / "app/gone.py"
    gone.write_bytes(FAULTY)

    def slow(paths: list[Path], scope: Scope) -> Discovered:
        found = discover(paths, scope)
        gone.unlink()
        return found

    monkeypatch.setattr(run, "discover", slow)
    ran = lint_json(shop, *(() if cached else ("--no-cache",)))
    assert (ran.status, ran.places) == (1, [FOUND])
    assert not_run(ran) == ["app/gone.py: cannot be read"]


def test_a_template_that_ends_in_py_is_one_finding_that_says_so(shop: Path) -> None:
    (shop / "app/template.py").write_bytes(b"{% if db %}\nfrom x import session\nasync def f(db): pass\n{% endif %}\n")
    ran = lint_json(shop)
    assert ran.places == ["syntax-error app/template.py:1", FOUND]
    told = [one["message"] for one in ran.findings if one["check"] == "syntax-error"]
    assert "Jinja template" in told[0]


MEMBER = b"class A:\n\x0c\n    async def b(self, db: AsyncSession):\n\t# tab\n        x = 'caf\xc3\xa9\\r' ; db.commit() # \xc3\xa9  \n"


@pytest.mark.parametrize(
    "data",
    [
        b"\xef\xbb\xbf" + FAULTY,
        b"# -*- coding: latin-1 -*-\r\nNAME = 'caf\xe9 \xa0'\r\n" + FAULTY.replace(b"\n", b"\r\n"),
        b"# coding: cp1251\n# \xcf\xf0\xe8\n" + FAULTY.replace(b"db.commit()", b"'\xcf\xf0\xe8', db.commit()"),
        FAULTY.replace(b"\n", b"\r\n").rstrip(b"\r\n"),
        FAULTY.replace(b"\n", b"\r"),
        b"\x0c" + FAULTY.replace(b"\n\n\n", b"\n\x0c\r\n\n"),
        FAULTY + MEMBER.replace(b"\n", b"\r\n", 3),
        FAULTY.replace(b"commit()\n", b"commit()\\\n  \n\n\n# \t end"),
        b"X = '" + b"a" * 2_000_000 + b"'\n" + FAULTY,
        b"X = " + b"[" * 500 + b"]" * 500 + b"\n" + FAULTY,
    ],
    ids=["mark", "latin-1", "cp1251", "crlf", "cr", "form feeds", "mixed", "continued", "2 MB line", "500 deep"],
)
def test_a_fix_changes_no_byte_but_those_it_puts_in(shop: Path, data: bytes) -> None:
    path = shop / "app/save.py"
    path.write_bytes(data)
    ran = lint(shop, "--fix", "--select", "unawaited-session-call")
    assert ran.status == 0, (ran.out, ran.err)
    assert path.read_bytes() == data.replace(b"db.commit()", b"await db.commit()")


def test_what_is_no_file_where_settings_should_be_holds_nothing_up(shop: Path) -> None:
    os.mkfifo(shop / ".gitignore")
    os.mkfifo(shop / "app/pyproject.toml")
    assert lint_json(shop).places == [FOUND]
    for option in ("--config", "--baseline"):
        ran = lint(shop, option, "/dev/zero")
        assert (ran.status, "cannot be read" in ran.err) == (2, True)


def test_a_fix_does_not_follow_a_link_out_of_what_was_named(shop: Path) -> None:
    (shop / "elsewhere").mkdir()
    (shop / "elsewhere/its.py").write_bytes(FAULTY)
    (shop / "app/link.py").symlink_to("../elsewhere/its.py")
    ran = lint_json(shop, "app", "--fix")
    assert ran.places == ["unawaited-session-call app/link.py:5"]
    assert "app/link.py: left alone: a link leads out of what was named" in ran.err
    assert (shop / "elsewhere/its.py").read_bytes() == FAULTY
    assert (shop / "app/save.py").read_bytes() != FAULTY
    assert lint_json(shop, "app/link.py", "--fix").status == 0  # it was named
    assert (shop / "app/link.py").is_symlink()
    assert (shop / "elsewhere/its.py").read_bytes() != FAULTY
