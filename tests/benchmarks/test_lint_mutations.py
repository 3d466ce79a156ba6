"""The bench judges each deletion by what is newly said of its statement."""

from __future__ import annotations

from pathlib import Path

from tests.benchmarks.await_sites import Site
from tests.benchmarks.lint_mutations import OURS, Bench, found_by_linter, is_found, judge, rounds
from tests.benchmarks.session_oracle import CodeBase
from tests.benchmarks.type_checkers import Diagnostic

SOURCE = """\
from sqlalchemy.ext.asyncio import AsyncSession

async def save(db: AsyncSession):
    await db.commit()

async def load(db: AsyncSession):
    return await db.scalar(1)

async def other(client):
    await client.refresh()
"""


def site(path: str, line: int, end_line: int) -> Site:
    return Site(Path(path), line, end_line, 0, "bare", "commit", "db", (), "f", (0, 0), None)


def diagnostic(line: int, end_line: int, text: str = "not awaited") -> Diagnostic:
    return Diagnostic(Path("a.py"), line, 1, end_line, text)


def test_a_finding_counts_where_it_overlaps_the_statement() -> None:
    place = site("a.py", 4, 6)
    assert is_found(place, [diagnostic(2, 4)], [])
    assert is_found(place, [diagnostic(6, 6)], [])
    assert not is_found(place, [diagnostic(1, 3)], [])
    assert not is_found(place, [diagnostic(7, 7)], [])


def test_what_is_said_of_the_untouched_file_too_does_not_count() -> None:
    place = site("a.py", 4, 6)
    assert not is_found(place, [diagnostic(4, 4)], [diagnostic(4, 4)])
    assert is_found(place, [diagnostic(4, 4), diagnostic(4, 4)], [diagnostic(4, 4)])
    assert is_found(place, [diagnostic(4, 4, "unused")], [diagnostic(4, 4)])


def test_no_round_has_a_file_twice() -> None:
    sites = [site("a.py", 1, 1), site("b.py", 1, 1), site("a.py", 2, 2)]
    assert list(rounds(sites)) == [[sites[0], sites[1]], [sites[2]]]


def test_the_linter_finds_deleted_awaits_of_sessions_and_writes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "work.py"
    path.write_text(SOURCE)
    base = CodeBase.read(tmp_path)
    found = list(found_by_linter(base, base.sites))
    assert [(one.within, one.kind) for one in found] == [("save", "bare"), ("load", "returned")]
    assert path.read_text() == SOURCE
    bench = Bench()
    judge(bench, base, base.sites, [])
    assert bench.found == {OURS: set(found)}
