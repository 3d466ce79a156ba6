"""Engines in AUTOCOMMIT, made in another file than the one that works with them: no transaction stays open there."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source

ENGINES = """\
import os

from sqlalchemy.ext.asyncio import create_async_engine

LEVEL = "AUTOCOMMIT"
plain = create_async_engine(os.environ["DB"])
"""
LEVELS = [
    ("engine = create_async_engine(os.environ['DB'], isolation_level='AUTOCOMMIT')", True),
    ("engine = create_async_engine(os.environ['DB'], isolation_level=LEVEL)", True),
    ("engine = create_async_engine(os.environ['DB'], execution_options={'isolation_level': 'AUTOCOMMIT'})", True),
    ("engine = plain.execution_options(isolation_level='AUTOCOMMIT')", True),
    ("engine = create_async_engine(os.environ['DB'], isolation_level='SERIALIZABLE')", False),
    ("engine = plain", False),
    ("engine = plain.execution_options(stream_results=True)", False),
]
USES = ["engine.connect()", "Session()", "AsyncSession(engine)", "AsyncSession(bind=engine)"]


def files_of(level: str, opens: str, told: str, wait: str = "") -> dict[str, str]:
    """An engine in one file, its factory in a second, and a function in a third."""
    return {
        "app/__init__.py": "",
        "app/engines.py": f"{ENGINES}{level}\n",
        "app/factory.py": (
            "from sqlalchemy.ext.asyncio import async_sessionmaker\nfrom app.engines import engine\n"
            "Session = async_sessionmaker(engine, expire_on_commit=False)\n"
        ),
        "app/use.py": (
            "import httpx\nfrom sqlalchemy import text\nfrom sqlalchemy.ext.asyncio import AsyncSession\n"
            "from app.engines import engine\nfrom app.factory import Session\n"
            f"async def f(client: httpx.AsyncClient):\n    async with {opens} as c:\n"
            f"        await c.execute(text('delete from users')){told}\n{wait}"
        ),
    }


@pytest.mark.parametrize(("level", "is_set"), LEVELS)
@pytest.mark.parametrize("opens", USES)
def test_a_write_is_there_at_once(level: str, is_set: bool, opens: str, tmp_path: Path) -> None:
    check_source(files_of(level, opens, "" if is_set else "  # expect"), "write-never-committed", tmp_path)


@pytest.mark.parametrize(("level", "is_set"), LEVELS)
@pytest.mark.parametrize("opens", USES)
def test_nothing_is_open_while_another_service_answers(level: str, is_set: bool, opens: str, tmp_path: Path) -> None:
    wait = f"        await client.get('https://x.example'){'' if is_set else '  # expect'}\n"
    check_source(files_of(level, opens, "", wait), "network-call-in-transaction", tmp_path)
