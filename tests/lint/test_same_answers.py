"""What is found depends neither on which other rules are asked nor on the order of the files or the number of processes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any
from weakref import WeakSet

import pytest

from forge_doctor.code.semantics.library.kinds import Kind
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Call, Node
from forge_doctor.lint import judge
from forge_doctor.lint.judge import Projects, Rule, all_rules, judge_files, lint_files, without_collector
from forge_doctor.lint.schedule import look

SESSIONS = """
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
engine = create_async_engine("postgresql+asyncpg://localhost/shop")
Session = async_sessionmaker(engine)
def made():
    return Session()
"""
# Each step is asked about the one before; a rule that asks about the middle must change nothing at the end.
STEPS = 40
CHAIN = "from sessions import made\n\ndef step0():\n    return made()\n" + "".join(
    f"def step{n}():\n    return step{n - 1}()\n" for n in range(1, STEPS)
)
USES = f"""
from chain import step{STEPS - 1}, step{STEPS // 2}
from sqlalchemy import text
async def count():
    session = step{STEPS - 1}()
    session.execute(text("select 1"))
async def middle():
    session = step{STEPS // 2}()
    session.commit()
"""
CIRCLE = """
from chain import step3
def one(again):
    session = two(again) if again else step3()
    return session
def two(again):
    session = one(not again)
    return session
async def use():
    one(True).execute("select 1")
    two(True).commit()
async def bound_again(count):
    session = step3()
    for number in range(count):
        session = session if number else two(False)
        session.flush()
"""
# What a function waits for, many calls away: an endpoint far from it, and one on the way, each in a file of its own.
WAITS = "import httpx\n\nasync def call0():\n    async with httpx.AsyncClient() as client:\n        await client.get('https://x')\n"
WAITS += "".join(f"async def call{n}():\n    await call{n - 1}()\n" for n in range(1, STEPS))
ENDPOINT = """
from fastapi import Depends, FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from sessions import get_session
from waits import {call}
app = FastAPI()
@app.get("/")
async def read(db: AsyncSession = Depends(get_session)):
    await db.execute(text("select 1"))
    await {call}()
"""
PROVIDER = (
    SESSIONS
    + """
async def get_session():
    async with Session() as session:
        yield session
"""
)
# The session that a module's engine gives, taken by functions that await each other.
LOOPS = """
from sqlalchemy import text
from sessions import Session
async def step0():
    async with Session() as session:
        await session.execute(text("select 1"))
""" + "".join(f"async def step{n}():\n    await step{n - 1}()\n" for n in range(1, STEPS))
TASK = """
import asyncio
from celery import Celery
from sqlalchemy import text
from loops import {step}
queue = Celery("shop")
@queue.task
def work():
    asyncio.run({step}())
"""
# Who closes a session that functions hand to each other: the last of them, if any.
CLOSERS = "async def give0(session, again):\n    await session.close()\n" + "".join(
    f"async def give{n}(session, again):\n    await give{n - 1}(session, again)\n" for n in range(1, STEPS)
)
CLOSED = """
from closers import {give}
from sessions import Session
from sqlalchemy import text
async def {name}():
    session = Session()
    await session.execute(text("select 1"))
    await {give}(session, False)
"""
# What all routes of a router run first is told where it is included, two modules from some of them.
GUARD = """
from fastapi import APIRouter, Depends, FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from sessions import get_session
import {first}
import {second}
async def get_admin(db: AsyncSession = Depends(get_session)):
    await db.execute(text("select 1"))
outer = APIRouter()
outer.include_router({second}.router)
app = FastAPI()
app.include_router({first}.router, dependencies=[Depends(get_admin)])
app.include_router(outer, dependencies=[Depends(get_admin)])
"""
ROUTE = """
from fastapi import APIRouter
from waits import call3
router = APIRouter()
@router.get("/")
async def read():
    await call3()
"""
PROJECTS = {
    "a dependency of a router": {
        "sessions.py": PROVIDER,
        "waits.py": WAITS,
        "a.py": ROUTE,
        "b.py": ROUTE,
        "main.py": GUARD.format(first="a", second="b"),
    },
    "a wait many calls away": {
        "sessions.py": PROVIDER,
        "waits.py": WAITS,
        "a.py": ENDPOINT.format(call="call6"),
        "b.py": ENDPOINT.format(call="call3"),
    },
    "an engine many calls away": {
        "sessions.py": SESSIONS,
        "loops.py": LOOPS,
        "a.py": TASK.format(step="step6"),
        "b.py": TASK.format(step="step3"),
    },
    "a session closed many calls away": {
        "sessions.py": SESSIONS,
        "closers.py": CLOSERS,
        "a.py": CLOSED.format(name="far", give="give16"),
        "b.py": CLOSED.format(name="near", give="give8"),
    },
    "a long way to the session": {"sessions.py": SESSIONS, "chain.py": CHAIN, "uses.py": USES},
    "functions that return each other": {"sessions.py": SESSIONS, "chain.py": CHAIN, "circle.py": CIRCLE},
}
Found = set[tuple[str, str, int | None, str]]


@pytest.fixture(params=list(PROJECTS))
def files(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, ...]:
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'shop'\n")
    for name, source in PROJECTS[request.param].items():
        (tmp_path / name).write_text(source)
    return tuple(sorted(tmp_path.glob("*.py")))


def found_by(rules: tuple[Rule, ...], files: tuple[Path, ...]) -> Found:
    report = judge_files(files, rules, root=files[0].parent)
    return {(one.check, one.location.target, one.location.line, one.confidence.name) for one in report.findings}


@pytest.mark.slow
def test_each_rule_alone_finds_what_all_find(files: tuple[Path, ...]) -> None:
    together = found_by(all_rules(), files)
    assert together
    assert together == set().union(*(found_by((rule,), files) for rule in all_rules()))


def test_the_order_of_rules_and_files_changes_nothing(files: tuple[Path, ...]) -> None:
    together = found_by(all_rules(), files)
    assert found_by(all_rules()[::-1], files) == together
    assert found_by(all_rules(), files[::-1]) == together


def test_two_processes_find_what_one_finds(files: tuple[Path, ...]) -> None:
    alone, shared = (
        [(one.check, one.location.line) for result in look(files, all_rules, {}, jobs) for one in result.findings]
        for jobs in (1, 2)
    )
    assert alone == shared


@pytest.mark.slow
@pytest.mark.parametrize("wanted", [0, 4_000, 1_000_000])
def test_letting_go_of_trees_changes_nothing(
    wanted: int, files: tuple[Path, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """After every file: of all trees, of all but those asked for most, or of those that no other file asked for."""
    kept = found_by(all_rules(), files)
    monkeypatch.setattr(judge, "MOST_OPEN_BYTES", 0)
    monkeypatch.setattr(judge, "MOST_WANTED_BYTES", wanted)
    assert found_by(all_rules(), (*files, *files)) == kept


def test_nothing_keeps_a_project_whose_trees_were_let_go_of(
    files: tuple[Path, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With no collector, an answer that leads back to it would keep it and all its trees to the end of the run."""
    there: WeakSet[Project] = WeakSet()

    class Seen(Project):
        def __init__(self, *given: Any) -> None:
            super().__init__(*given)
            there.add(self)

    monkeypatch.setattr(judge, "Project", Seen)
    monkeypatch.setattr(judge, "MOST_OPEN_BYTES", 0)
    monkeypatch.setattr(judge, "MOST_WANTED_BYTES", 0)
    projects = Projects(files[0].parent, {})
    with without_collector():
        counts = [len(there) for _ in lint_files((*files, *files), all_rules(), projects)]
    assert counts == [1] * len(files) * 2


def parts(kept: Any) -> Iterator[Any]:
    """Whatever an answer is made of."""
    yield kept
    inner: Iterable[Any] = ()
    if isinstance(kept, Mapping):
        inner = [*kept.keys(), *kept.values()]
    elif isinstance(kept, tuple | list | set | frozenset):
        inner = kept
    elif is_dataclass(kept):
        inner = [getattr(kept, one.name) for one in fields(kept)]
    for one in inner:
        yield from parts(one)


def test_what_is_kept_for_the_run_holds_no_node(files: tuple[Path, ...]) -> None:
    """One of a tree that was let go of is no other's: an answer by nodes would be lost."""
    projects = Projects(files[0].parent, {})
    assert list(lint_files(files, all_rules(), projects))
    lasting = projects.around(files[0]).lasting
    assert lasting
    assert not [one for question in lasting.values() for one in parts(question) if isinstance(one, Node)]


def test_an_empty_file_asks_nothing_of_the_project(tmp_path: Path) -> None:
    """Packages are full of them; a file that cannot be decoded is looked at, of which nothing is left either."""
    (tmp_path / "__init__.py").write_text("")
    (tmp_path / "odd.py").write_bytes(b"x = '\xff'\n")
    project = Project(tmp_path)
    assert not judge.lint_file(tmp_path / "__init__.py", "__init__.py", project, all_rules()).findings
    assert "surfaces" not in vars(project)
    odd = judge.lint_file(tmp_path / "odd.py", "odd.py", project, all_rules())
    assert [one.check for one in odd.findings] == ["syntax-error"]


def test_the_trees_that_others_ask_for_most_stay(tmp_path: Path) -> None:
    asked_for = {"often": 3, "seldom": 1, "never": 0}
    for name in (*asked_for, *"abc"):
        (tmp_path / f"{name}.py").write_text("def give():\n    return 1\n")
    project = Project(tmp_path)
    opened = {name: project.open(tmp_path / f"{name}.py") for name in asked_for}
    for name, times in asked_for.items():
        for importer in "abc"[:times]:
            project.open(tmp_path / f"{name}.py", project.open(tmp_path / f"{importer}.py"))
    often = opened["often"]
    assert often is not None
    trees = often.tree, project.scopes(often)
    fresh = project.renewed(most_kept_bytes=len(often.data))
    assert fresh.open(often.absolute) is often
    assert (often.tree, fresh.scopes(often)) == trees
    assert all(fresh.open(tmp_path / f"{name}.py") is not opened[name] for name in ("seldom", "never"))


def test_a_file_that_no_other_asks_for_is_let_go_of(tmp_path: Path) -> None:
    (tmp_path / "lib.py").write_text("async def give():\n    return 1\n")
    (tmp_path / "app.py").write_text("from lib import give\n\n\nasync def main():\n    return await give()\n")
    project = Project(tmp_path)
    app = project.open(tmp_path / "app.py")
    assert app is not None
    project.reading.start(app.absolute)
    call = next(app.query(Call))
    assert project.value_of(call).kind is Kind.COROUTINE
    lib = project.open(tmp_path / "lib.py")
    project.forget_files_done_with()
    assert project.open(tmp_path / "lib.py") is lib
    assert project.open(app.absolute) is not app
