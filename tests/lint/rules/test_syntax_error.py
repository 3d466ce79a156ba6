"""A file read only in part says so, with the place and what would read it; newer syntax is read all the same."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from forge_doctor.code.semantics.project import Project
from forge_doctor.finding import Confidence, Severity
from forge_doctor.lint.judge import lint_file
from tests.support.lint_cases import check_source, lint_source, rule_named

RULE = "syntax-error"
GOOD = "async def work(session):\n    await session.commit()\n"
FOUND = (
    "async def work(session:  # expect high\n    await session.commit()\n",
    GOOD + "x = [1, 2  # expect high\n",
    GOOD + "class :  # expect high\n    pass\n",
    "from {{ name }}.db import session  # expect high\n" + GOOD,
    GOOD + "def test_it({{ name }}_requester):  # expect high\n    pass\n",
    GOOD + "<<<<<<< ours  # expect high\nx = 1\n",
)
SILENT = (
    GOOD,
    GOOD + "type Row = tuple[int, str]\nclass Repo[T]:\n    pass\n",
    GOOD + "try:\n    pass\nexcept ValueError, TypeError:\n    pass\n",
    GOOD + "try:\n    pass\nexcept* ValueError:\n    pass\n",
    GOOD + "x = f'{session['id']}'\ny = t'{x}'\n",
    GOOD + "match x:\n    case {'id': int()}:\n        pass\n",
    GOOD + "x = f'{{name}} {{% if %}}'\n",
    GOOD + "if (n := 1) and (lambda a, /, *, b: a)(1, b=2):\n    pass\n",
)


def problems(data: bytes, folder: Path) -> list[tuple[str, int | None]]:
    """The messages of a file of these bytes, with their lines."""
    path = folder / "module.py"
    path.write_bytes(data)
    result = lint_file(path, "module.py", Project(folder), (rule_named(RULE),))
    assert result.not_run == ()
    return [(one.message, one.location.line) for one in result.findings]


@pytest.mark.parametrize("code", FOUND)
def test_a_file_that_does_not_parse_is_found_at_the_line_of_the_fault(code: str, tmp_path: Path) -> None:
    (found,) = check_source(code, RULE, tmp_path)
    assert "read only in part" in found.message


@pytest.mark.parametrize("code", SILENT)
def test_what_some_python_reads_is_silent(code: str, tmp_path: Path) -> None:
    check_source(code, RULE, tmp_path)


def test_the_message_of_a_template_says_it_is_one(tmp_path: Path) -> None:
    code = "from {{ name }}.db import session\n" + GOOD
    assert "a template engine (it is a Jinja template) would read it" in lint_source(code, RULE, tmp_path)[0].message


def test_syntax_too_new_for_this_python_names_the_python_that_reads_it(tmp_path: Path) -> None:
    messages = [one.message for one in lint_source(GOOD + "class Repo[T = int]:\n    pass\n", RULE, tmp_path)]
    expected = [] if sys.version_info >= (3, 13) else [True]
    assert ["Python 3.13 would read it" in one for one in messages] == expected


@pytest.mark.parametrize(
    ("data", "message", "line"),
    [
        (GOOD.encode() + b"\0", "null bytes", 3),
        (b"# coding: nonsense\n" + GOOD.encode(), "cannot be decoded", 1),
        (GOOD.encode() + b"# caf\xe9\n", "cannot be decoded", 1),
    ],
    ids=["null-byte", "unknown-encoding", "not-utf-8"],
)
def test_bytes_that_are_no_text_are_found_and_not_taken_for_clean(
    data: bytes, message: str, line: int, tmp_path: Path
) -> None:
    ((told, where),) = problems(data, tmp_path)
    assert message in told
    assert where == line


@pytest.mark.parametrize(
    "data",
    [
        b"\xef\xbb\xbf" + GOOD.encode(),
        GOOD.replace("\n", "\r\n").encode(),
        b"# -*- coding: latin-1 -*-\n# caf\xe9\n" + GOOD.encode(),
    ],
    ids=["bom", "crlf", "latin-1"],
)
def test_bytes_that_are_text_of_another_sort_are_silent(data: bytes, tmp_path: Path) -> None:
    assert problems(data, tmp_path) == []


def test_what_stands_apart_from_the_fault_is_judged_all_the_same(tmp_path: Path) -> None:
    code = (
        "from sqlalchemy.ext.asyncio import AsyncSession\n"
        "async def work(db: AsyncSession):\n    db.commit()  # expect high\n\n\nx = [1, 2\n"
    )
    check_source(code, "unawaited-session-call", tmp_path, least=Confidence.HIGH)
    assert lint_source(code, RULE, tmp_path)


def test_the_message_of_a_merge_conflict_says_where_it_begins(tmp_path: Path) -> None:
    code = GOOD + "<<<<<<< ours\nx = 1\n=======\nx = 2\n>>>>>>> 2ed20ce\n"
    assert problems(code.encode(), tmp_path) == [("it was read only in part: a merge conflict was left in it", 3)]


def test_what_nests_too_deep_to_be_judged_is_said_where_it_begins(tmp_path: Path) -> None:
    deep = GOOD + "async def total(session):\n    return 1" + " + await session.scalar(q)" * 2_000 + "\n"
    (found,) = lint_source(deep, RULE, tmp_path)
    assert (found.severity, found.location.line) == (Severity.WARNING, 4)
    assert "read only in part" in found.message
    assert lint_source(deep.replace(" +", "\n    return 1 +"), RULE, tmp_path) == ()


TEMPLATE = """\
{%- if cookiecutter.use_postgresql %}
from sqlalchemy.ext.asyncio import AsyncSession
async def work(db: AsyncSession):
    await db.commit()
{%- else %}
from sqlalchemy.orm import Session as AsyncSession
def work(db: AsyncSession):
    db.commit()
def all_of_it(db: AsyncSession):
    work(db)
{%- endif %}
"""


def test_of_a_template_only_that_it_is_one_is_told(tmp_path: Path) -> None:
    (found,) = lint_source(TEMPLATE, RULE, tmp_path)
    assert found.severity is Severity.INFO
    for rule in ("unawaited-session-call", "unawaited-data-access", "sync-session-in-async-def"):
        assert lint_source(TEMPLATE, rule, tmp_path) == ()


def test_a_program_that_holds_a_template_in_a_string_is_judged(tmp_path: Path) -> None:
    code = "from sqlalchemy.ext.asyncio import AsyncSession\nPAGE = '{% if user %}{{ user }}{% endif %}'\n"
    code += "async def work(db: AsyncSession):\n    db.commit()  # expect high\n"
    check_source(code, "unawaited-session-call", tmp_path, least=Confidence.HIGH)
