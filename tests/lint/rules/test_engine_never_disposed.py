"""`engine-never-disposed`: a script that runs its own loop and ends."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source

HEAD = "import asyncio\nfrom sqlalchemy.ext.asyncio import create_async_engine\n"
ENGINE = "engine = create_async_engine('postgresql+asyncpg://localhost/shop'{settings}){mark}\nasync def main(): ...\n"
END = "if __name__ == '__main__':\n    asyncio.run(main())\n"
FOUND = ENGINE.format(settings="", mark="  # expect medium")
BARE = ENGINE.format(settings="", mark="")


@pytest.mark.parametrize("end", [END, "asyncio.run(main())\n"])
def test_a_script_that_disposes_of_nothing_is_found(end: str, tmp_path: Path) -> None:
    check_source(HEAD + FOUND + end, "engine-never-disposed", tmp_path)


@pytest.mark.parametrize(
    "code",
    [
        BARE,
        BARE + "async def end():\n    await engine.dispose()\n" + END,
        BARE + "def job():\n    asyncio.run(main())\n",
        BARE.replace("postgresql+asyncpg://localhost/shop", "sqlite+aiosqlite:///x") + END,
        BARE.replace("shop')", "shop', poolclass=NullPool)") + END,
        "from fastapi import FastAPI\napp = FastAPI()\n" + BARE + END,
    ],
)
def test_what_is_disposed_or_lives_on_is_not(code: str, tmp_path: Path) -> None:
    check_source(HEAD + code, "engine-never-disposed", tmp_path)


@pytest.mark.parametrize(
    ("last", "mark"), [("await self.engine.dispose()", ""), ("self.engine = None", "  # expect medium")]
)
def test_who_is_given_the_engine_may_dispose_of_it(last: str, mark: str, tmp_path: Path) -> None:
    files = {
        "app/__init__.py": "",
        "app/bot.py": "class Bot:\n    def __init__(self, engine):\n        self.engine = engine\n"
        f"    async def close(self):\n        {last}\n",
        "app/run.py": HEAD + "from app.bot import Bot\nasync def main():\n"
        f"    engine = create_async_engine('postgresql+asyncpg://localhost/shop'){mark}\n"
        "    bot = Bot(engine=engine)\n    await bot.close()\n" + END,
    }
    check_source(files, "engine-never-disposed", tmp_path)


SCRIPT = "import asyncio\n{more}from jobs import work\n{end}"
WORK = "from home import engine\nasync def work():\n    async with engine.begin() as c:\n        await c.execute('x')\n{last}"
HOME = (
    "from sqlalchemy.ext.asyncio import create_async_engine\nengine = create_async_engine('postgresql+asyncpg://h/d')\n"
)


@pytest.mark.parametrize(
    ("more", "end", "last"),
    [
        ("", "asyncio.run(work())  # expect medium\n", ""),
        ("", "with asyncio.Runner() as runner:\n    runner.run(work())  # expect medium\n", ""),
        (
            "import typer\napp = typer.Typer()\n",
            "@app.command()\ndef main():\n    asyncio.run(work())  # expect medium\n",
            "",
        ),
        ("", "def main():\n    asyncio.run(work())\n", ""),
        ("", "asyncio.run(work())\n", "    await engine.dispose()\n"),
        ("import fastapi\napp = fastapi.FastAPI()\n", "asyncio.run(work())\n", ""),
    ],
)
def test_the_engine_of_another_module(more: str, end: str, last: str, tmp_path: Path) -> None:
    files = {"pyproject.toml": "", "home.py": HOME, "jobs.py": WORK.format(last=last)}
    check_source(files | {"script.py": SCRIPT.format(more=more, end=end)}, "engine-never-disposed", tmp_path)


WORDS = """\
{before}import asyncio
import anyio
from sqlalchemy.ext.asyncio import create_async_engine

async def main():
    engine = create_async_engine('postgresql+asyncpg://h/d'){mark}
    async with engine.begin() as connection:
        await connection.execute(text)
{last}
{run}
"""


@pytest.mark.parametrize(
    ("before", "last", "run", "mark"),
    [
        ("# dispose?\n", "", "asyncio.run(main())", "  # expect medium"),
        ('"""Nothing to dispose of."""\n', "", "asyncio.run(main())", "  # expect medium"),
        ("", "", "anyio.run(main)", "  # expect medium"),
        ("# dispose?\n", "    await engine.dispose()", "asyncio.run(main())", ""),
        ("", "    await engine.dispose()", "anyio.run(main)", ""),
        ("", "    await getattr(engine, 'dispose')()", "asyncio.run(main())", ""),
    ],
)
def test_a_word_in_a_comment_disposes_of_nothing(before: str, last: str, run: str, mark: str, tmp_path: Path) -> None:
    check_source(WORDS.format(before=before, last=last, run=run, mark=mark), "engine-never-disposed", tmp_path)
