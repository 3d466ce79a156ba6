"""Whoever prints a statement or a command is walked here: each place in the package that writes one is run by a case.

The package itself is the register: a new place fails this test until a case prints it, and so types it.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import pytest

import forge_doctor
from forge_doctor.check import load
from forge_doctor.migrations import checks
from forge_doctor.migrations.round_trip.undo import undo_lines
from tests.remedies import test_migrations, test_migrations_live, test_pool, test_shell, test_slow
from tests.remedies.test_shell import Command
from tests.support.migration_cases import examples, report_of, write_tree
from tests.support.typed import HOSTILE, Printed

ROOT = Path(forge_doctor.__file__).parent
CASES: tuple[Printed | Command, ...] = (
    *test_pool.CASES,
    *test_slow.CASES,
    *test_migrations_live.CASES,
    *test_shell.COMMANDS,
)
ROOMS = ("pool", "slow", "migrations", "probes/application", "extras.py")
# They write statements that are sent, and print none.
SENT = (
    "migrations/live/collect.py",
    "migrations/operations/",
    "migrations/locks/",
    "migrations/round_trip/rows/",
    "migrations/round_trip/trip.py",
    "slow/collect.py",
    "slow/queries/",
    "slow/server/",
    "slow/inference/predicates.py",
    "slow/inference/proposals.py",
)
# They tell where something is set, compare with what was sent, or advise in words: nothing to type.
NOT_TYPED = {
    ("pool/server/rows.py", "_override"),
    ("probes/application/stacks.py", "read_threads"),
    ("probes/application/tasks_314.py", "read_tasks"),
    ("pool/inference/holders.py", "was_returned"),
    ("pool/checks/stopped_process.py", "_how"),
    ("slow/checks/not_the_database.py", "_cause"),
    ("migrations/checks/rename_in_use.py", "_table"),
    ("migrations/environment/checks/env_coroutine_not_awaited.py", "env_coroutine_not_awaited"),
    ("migrations/environment/checks/env_failure_swallowed.py", "env_failure_swallowed"),
    ("migrations/environment/checks/env_run_migrations_not_called.py", "env_run_migrations_not_called"),
    ("migrations/live/checks/lock_timeout_unset.py", "_finding"),
    ("migrations/live/checks/version_rows_overlap.py", "_finding"),
    ("migrations/round_trip/checks/downgrade_fails.py", "_without"),
    *(("slow/checks/slow_by_lock.py", name) for name in ("_logged", "_waited", "_counted")),
}
STATEMENT = re.compile(
    r"(?:^|[\s`(;:\"'])(?:ALTER|GRANT|REVOKE|DROP|CREATE|REINDEX|VACUUM|ANALYZE|CLUSTER|RESET|SELECT|DELETE|UPDATE|ROLLBACK"
    r"|TRUNCATE|SET LOCAL|SET lock)(?: (?=[A-Z{a-z(\"])| ?\(?[A-Z]+\) )"
)
COMMAND = re.compile(r"(?:^|[ `(])(?:psql|docker|kubectl|kill|pip|sudo|systemctl|py-spy|alembic|python) [-\w{]*[^ ]")


@dataclass(frozen=True, slots=True)
class Place:
    """A literal, in a file's function; run once any of its statement's lines has been."""

    path: str
    function: str
    first: int
    last: int
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.first} {self.function}() {self.text[:60]!r}"


def places(path: Path) -> Iterator[Place]:
    """Where a file writes something to be typed: a string in a function, and where it uses one of its module's."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    kept = {
        target.id: text
        for node in tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name)
        for text in written(node.value)
    }
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        for statement in own_statements(function):
            for text in (*written(statement), *(kept[name] for name in names(statement) if name in kept)):
                yield Place(
                    str(path.relative_to(ROOT)), function.name, statement.lineno, statement.end_lineno or 0, text
                )


def own_statements(function: ast.AST) -> Iterator[ast.stmt]:
    """Its simple statements, without its docstring and without functions in it."""
    for node in ast.iter_child_nodes(function):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        is_docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if isinstance(node, ast.stmt) and not any(isinstance(one, ast.stmt) for one in ast.iter_child_nodes(node)):
            if not is_docstring:
                yield node
        elif isinstance(node, ast.stmt | ast.excepthandler | ast.match_case):
            yield from own_statements(node)


def written(node: ast.AST) -> Iterator[str]:
    """The strings in it that are something to type, `{}` for what is put in."""
    if isinstance(node, ast.JoinedStr):
        text = "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        text = node.value
    else:
        for child in ast.iter_child_nodes(node):
            yield from written(child)
        return
    if STATEMENT.search(text) or COMMAND.search(text):
        yield text


def names(node: ast.AST) -> Iterator[str]:
    return (one.id for one in ast.walk(node) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Load))


@pytest.fixture(scope="module")
def every() -> list[Place]:
    """Each place in the package."""
    return [
        place
        for room in ROOMS
        for path in sorted((ROOT / room).rglob("*.py") if (ROOT / room).is_dir() else [ROOT / room])
        if not str(path.relative_to(ROOT)).startswith(SENT)
        for place in places(path)
        if (place.path, place.function) not in NOT_TYPED and (room != "migrations" or "{" in place.text)
    ]


@pytest.fixture(scope="module")
def run(every: list[Place], tmp_path_factory: pytest.TempPathFactory) -> set[tuple[str, int]]:
    """The lines of the package that the cases run, each with one name."""
    wanted = {place.path for place in every}
    lines: set[tuple[str, int]] = set()
    files: dict[CodeType, str] = {}

    def file_of(code: CodeType) -> str:
        if code not in files:
            path = code.co_filename
            own = path[len(str(ROOT)) + 1 :] if path.startswith(str(ROOT)) else ""
            files[code] = own if own in wanted else ""
        return files[code]

    def local(frame: FrameType, event: str, _: Any) -> Any:
        if event == "line":
            lines.add((file_of(frame.f_code), frame.f_lineno))
        return local

    def begun(frame: FrameType, _event: str, _: Any) -> Any:
        return local if file_of(frame.f_code) else None

    before = sys.gettrace()
    sys.settrace(begun)
    try:
        for case in CASES:
            case.remedy(case.names[0])
        test_migrations.findings(HOSTILE[0], tmp_path_factory.mktemp("tree"))
        undo_lines(test_migrations.left(HOSTILE[0]))
        for one in load(checks):
            report_of(write_tree(tmp_path_factory.mktemp(one.id), examples(one.manual)[0]), one.id)
    finally:
        sys.settrace(before)
    return lines


def test_each_place_is_walked(every: list[Place], run: set[tuple[str, int]]) -> None:
    unwalked = [
        str(place)
        for place in every
        if not any((place.path, line) in run for line in range(place.first, place.last + 1))
    ]
    assert not unwalked, "\n".join(("add a case to tests/remedies for each:", *unwalked))


def test_a_place_is_seen_whatever_it_is_written_like(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = '''
KEPT = "VACUUM (ANALYZE) {table};"
def a(name): return f"DROP INDEX CONCURRENTLY {name}"
def b(name):
    """DROP TABLE is only said here."""
    if name:
        yield KEPT.format(table=name)
def c(pid): return [f"kill -TERM {pid}", f"it is dropped {pid}"]
'''
    monkeypatch.setattr(sys.modules[__name__], "ROOT", tmp_path)
    (tmp_path / "new.py").write_text(source)
    assert [(one.function, one.first) for one in places(tmp_path / "new.py")] == [("a", 3), ("b", 7), ("c", 8)]
