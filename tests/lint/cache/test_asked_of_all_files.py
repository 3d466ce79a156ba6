"""What a rule asks of every file of a project, opened or not: a kept result goes when the answer is another one."""

from __future__ import annotations

from pathlib import Path

import pytest

from forge_doctor.code.semantics.names.marks import ASKED, Mark, marks_in
from forge_doctor.lint import schedule
from forge_doctor.lint.judge import FileResult, all_rules
from forge_doctor.lint.schedule import look, look_with_cache

RULES = tuple(all_rules())
SESSION = "from sqlalchemy.ext.asyncio import AsyncSession\n"
# Each: what asks, the other file, and the other file later. No file imports the other.
ANOTHER = {
    Mark.LOOPS: (
        "import asyncio\n" + SESSION + "\n\nasync def run(db: AsyncSession):\n    asyncio.run(db.commit())\n",
        "x = 1\n",
        "import nest_asyncio\n",
    ),
    Mark.SQLMODEL: (
        SESSION + "\n\nasync def run(db: AsyncSession):\n    await db.exec('x')\n",
        "x = 1\n",
        "import sqlmodel.ext.asyncio.session\n",
    ),
    Mark.OPTION: (
        "from sqlalchemy.ext.asyncio import async_sessionmaker\n\nFactory = async_sessionmaker(e)\n",
        "def make(Factory):\n    return Factory()\n",
        "def make(Factory):\n    return Factory(expire_on_commit=False)\n",
    ),
    Mark.CELERY: (
        "from celery import shared_task\n"
        + SESSION
        + "\n\n@shared_task\nasync def job():\n    async with AsyncSession(e) as db:\n"
        "        await db.commit()\n",
        "x = 1\n",
        "worker_pool = 'celery_aio_pool.pool:AsyncIOPool'\n",
    ),
    Mark.ENGINES: (
        "from sqlalchemy.orm import Session\n\n\nasync def run(db: Session):\n    db.execute('x')\n    db.commit()\n",
        "from sqlalchemy.ext.asyncio import create_async_engine\n\nengine = create_async_engine('x')\n",
        "from sqlalchemy import create_engine\n\nengine = create_engine('x')\n",
    ),
}


def told(results: tuple[FileResult, ...]) -> list[tuple[str, ...]]:
    assert not [reason for one in results for reason in one.not_run]
    return [tuple(found.check for found in one.findings) for one in results]


@pytest.mark.parametrize("mark", ANOTHER)
def test_what_another_file_says_ends_a_kept_result(mark: Mark, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schedule, "FEW", 0)
    asking, before, after = ANOTHER[mark]
    root = tmp_path / "shop"
    root.mkdir()
    files = [root / name for name in ("asks.py", "other.py", "pyproject.toml")]
    for path, text in zip(files, (asking, before, "[project]\n"), strict=True):
        path.write_text(text)

    def looked() -> list[tuple[str, ...]]:
        return told(look_with_cache(files[:2], lambda: RULES, 1, tmp_path / "kept", ()).results)

    first = looked()
    files[1].write_text(after)
    again = looked()
    assert again == told(look(files[:2], lambda: RULES, {}, 1))
    assert again[0] != first[0]


ROUTE = """
import httpx
from fastapi import APIRouter

router = APIRouter()


@router.get("/")
async def read():
    async with httpx.AsyncClient() as client:
        await client.get("https://x")
"""
MAIN = """
from fastapi import Depends, FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
import a
import b

Session = async_sessionmaker(create_async_engine("postgresql+asyncpg://localhost/shop"))


async def get_session():
    async with Session() as session:
        yield session


async def get_admin(db: AsyncSession = Depends(get_session)):
    await db.execute(text("select 1"))


app = FastAPI()
app.include_router(a.router, dependencies=[Depends(get_admin)])
app.include_router(b.router, dependencies=[{}])
"""


def test_what_a_router_is_included_with_ends_the_kept_results_of_its_routes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No route imports the file that includes it, and one asks for all of them."""
    monkeypatch.setattr(schedule, "FEW", 0)
    root = tmp_path / "shop"
    root.mkdir()
    files = [root / name for name in ("a.py", "b.py", "main.py")]
    for path, text in zip(files, (ROUTE, ROUTE, MAIN.format("")), strict=True):
        path.write_text(text)
    (root / "pyproject.toml").write_text("[project]\n")

    def looked() -> list[tuple[str, ...]]:
        return told(look_with_cache(files, lambda: RULES, 1, tmp_path / "kept", ()).results)

    assert "connection-held-while-waiting" not in looked()[1]
    files[2].write_text(MAIN.format("Depends(get_admin)"))
    again = looked()
    assert "connection-held-while-waiting" in again[1]
    assert again == told(look(files, lambda: RULES, {}, 1))


@pytest.mark.parametrize(
    ("text", "marks"),
    [
        ("async def a(s):\n    async with s.begin():\n        pass\n", {(Mark.BEGINS, "a"), (Mark.ENTERS, "a")}),
        ("async def a():\n    async with Session() as s: ...\nasync def session(): ...\n", {(Mark.ENTERS, "a")}),
        ("def a():\n    with Session() as s: ...\n", set()),
        ("def a():\n    pass\nasync def b(s):\n    try: ...\n    except IntegrityError: ...\n", {(Mark.CATCHES, "b")}),
        ("def a(c):\n    asyncio.create_task(c)\ndef b(): ...\n", {(Mark.STARTS, "a")}),
        ("def a(): ...\ndef create_task(c):\n    pass\n", set()),
        ("create_task(c)\ndef a(c): ...\n", set()),
        ("def a(c):\n    return StreamingResponse(c)\n", {(Mark.STREAMS, "a")}),
        (
            "class A(Base):\n    x = mapped_column(deferred=True, onupdate=f)\n",
            {(Mark.LEFT_OUT, ""), (Mark.UPDATES, "")},
        ),
        ("StreamingResponse = 1\n", set()),
    ],
)
def test_the_marks_of_a_file(text: str, marks: set[tuple[Mark, str]]) -> None:
    assert set(marks_in(text.encode())) == marks


@pytest.mark.parametrize("mark", [Mark.OPTION, Mark.ENGINES, Mark.PROXIES, Mark.MIGRATES, Mark.OWN_READS])
def test_a_checksum_is_another_where_what_is_asked_is_another(mark: Mark) -> None:
    head, tail = b"__tablename__ = 'a'\nx = " + ASKED[mark].words[0], b"\n" * 900
    first, other, further = (
        dict(marks_in(text))[mark] for text in (head + b"a" + tail, head + b"b" + tail, head + b"a" + tail + b"# b\n")
    )
    assert first != other
    assert (first == further) is (mark is not Mark.MIGRATES)
