"""The engine of the application, of all that its source makes; several of one size are one, and different ones none."""

from __future__ import annotations

from pathlib import Path

import pytest

from forge_doctor.pool.source.engine import source_engine

HEAD = "from sqlalchemy import create_engine\nfrom sqlalchemy.ext.asyncio import create_async_engine\n"
SERVED = {"main.py": "import db\nfrom fastapi import FastAPI\napp = FastAPI()\n"}


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def sizes(folder: Path) -> tuple[int | None, int | None]:
    found = source_engine(None, folder)
    assert found.engine is not None, found.why_not
    return found.engine.pool_size, found.engine.max_overflow


def test_the_numbers_and_their_place(tmp_path: Path) -> None:
    write(tmp_path, {"db.py": f"{HEAD}engine = create_async_engine(url, pool_size=8, max_overflow=2)\n", **SERVED})
    found = source_engine(None, tmp_path)
    assert found.engine is not None
    assert (found.engine.name, found.engine.pool_size, found.engine.max_overflow) == ("db.py:3", 8, 2)


def test_a_file_of_variables_beside_the_source_is_read(tmp_path: Path) -> None:
    call = "create_async_engine(url, pool_size=int(os.environ['DB_POOL']), max_overflow=0)"
    write(tmp_path, {"db.py": f"import os\n{HEAD}engine = {call}\n", ".env": "DB_POOL=14\n"})
    assert sizes(tmp_path) == (14, 0)


def test_engines_of_tests_and_of_other_databases_do_not_count(tmp_path: Path) -> None:
    other = f"{HEAD}cache = create_engine('sqlite:///cache.db', pool_size=1)\n"
    write(tmp_path, {"db.py": f"{HEAD}engine = create_async_engine(url, pool_size=8)\n", "cache.py": other})
    write(tmp_path, {"tests/test_db.py": f"{HEAD}engine = create_async_engine(url, pool_size=1)\n"})
    assert sizes(tmp_path) == (8, 10)


def test_a_reader_of_the_same_size_is_no_doubt(tmp_path: Path) -> None:
    write(
        tmp_path, {"db.py": HEAD + "".join(f"{name} = create_async_engine({name}_url, pool_size=8)\n" for name in "ab")}
    )
    assert sizes(tmp_path) == (8, 10)


@pytest.mark.parametrize(
    ("call", "why"),
    [
        ("create_async_engine(url, pool_size=9)", "its source makes 2 engines of different pools: db.py:3 (8 + 10), "),
        (
            "create_async_engine(url, pool_size=measured())",
            "what the engine at other.py:3 is given is not written there",
        ),
    ],
)
def test_what_cannot_be_told_is_said_and_not_chosen(tmp_path: Path, call: str, why: str) -> None:
    write(tmp_path, {"db.py": f"{HEAD}engine = create_async_engine(url, pool_size=8)\n"})
    write(tmp_path, {"other.py": f"{HEAD}other = {call}\n"})
    found = source_engine(None, tmp_path)
    assert found.engine is None
    assert found.why_not.startswith(why)


def test_a_source_without_an_engine_says_nothing(tmp_path: Path) -> None:
    found = source_engine(None, write(tmp_path, SERVED))
    assert (found.engine, found.why_not) == (None, "")
