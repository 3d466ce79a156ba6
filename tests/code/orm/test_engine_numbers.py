"""The numbers of a pool as its source writes them, with what the process's environment sets; never a guess."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from forge_doctor.code.orm.engine_numbers import facts_of
from forge_doctor.code.orm.engine_places import engines_in
from forge_doctor.probes.application.app_engine import EngineFacts
from forge_doctor.triage.discovery.literals import database_in

HEAD = "import os\nfrom sqlalchemy.ext.asyncio import create_async_engine\n"
HERE = "URL = os.environ['URL']\nSIZE = 12\nOPTIONS = dict(pool_size=6, max_overflow=1)\n"
SETTINGS = (
    "from pydantic_settings import BaseSettings\n\n\nclass Settings(BaseSettings):\n    pool_size: int = 7\n"
    "    db_overflow: int = 3\n\n\nsettings = Settings()\n"
)


def facts(tmp_path: Path, call: str, variables: Mapping[str, str] | None = None, **files: str) -> EngineFacts | None:
    path = tmp_path / "db.py"
    path.write_text(f"{HEAD}{files.pop('head', '')}\nengine = create_async_engine({call})\n", encoding="utf-8")
    for name, text in files.items():
        (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
    (engine,) = engines_in(tmp_path, (path,))
    assert engine.place.startswith("db.py:")
    return facts_of(engine, variables or {})


@pytest.mark.parametrize(
    ("call", "variables", "size", "overflow"),
    [
        ("URL", {}, 5, 10),
        ("URL, pool_size=20, max_overflow=0", {}, 20, 0),
        ("URL, pool_size=SIZE", {}, 12, 10),
        ("URL, **OPTIONS", {}, 6, 1),
        ("URL, **{'pool_size': 4}, max_overflow=SIZE", {}, 4, 12),
        ("URL, pool_size=int(os.environ.get('POOL', '8'))", {}, 8, 10),
        ("URL, pool_size=int(os.environ.get('POOL', '8'))", {"POOL": "30"}, 30, 10),
        ("URL, pool_size=int(os.getenv('POOL', 8)), max_overflow=int(os.environ['OVER'])", {"OVER": "2"}, 8, 2),
    ],
)
def test_numbers_written_and_set(
    tmp_path: Path, call: str, variables: Mapping[str, str], size: int, overflow: int
) -> None:
    found = facts(tmp_path, call, variables, head=HERE)
    assert found is not None
    assert (found.pool_size, found.max_overflow) == (size, overflow)


@pytest.mark.parametrize(
    ("variables", "size", "overflow"),
    [({}, 7, 3), ({"POOL_SIZE": "9"}, 9, 3), ({"SHOP_POOL_SIZE": "9", "SHOP_DB_OVERFLOW": "1"}, 9, 1)],
)
def test_a_settings_class_has_defaults_that_variables_change(
    tmp_path: Path, variables: Mapping[str, str], size: int, overflow: int
) -> None:
    call = "'postgresql+asyncpg://h/d', pool_size=settings.pool_size, max_overflow=settings.db_overflow"
    found = facts(tmp_path, call, variables, head="from config import settings\n", config=SETTINGS)
    assert found is not None
    assert (found.pool_size, found.max_overflow) == (size, overflow)


@pytest.mark.parametrize(
    "call",
    [
        "URL, **options()",
        "URL, **CHANGED",
        "URL, poolclass=Mine",
        "URL, pool=mine",
        "URL, async_creator=connect",
        "URL, pool_size=computed()",
        "URL, pool_size=int(os.environ['POOL'])",
        "URL, pool_size=1 if DEBUG else 20",
    ],
)
def test_what_only_the_run_knows_is_not_told(tmp_path: Path, call: str) -> None:
    assert facts(tmp_path, call, head="CHANGED = {'pool_size': 4}\nCHANGED['pool_size'] = SIZES[STAGE]\n") is None


def test_what_is_a_default_is_said_to_be_one(tmp_path: Path) -> None:
    call = "URL, pool_size=settings.pool_size, max_overflow=int(os.getenv('OVER', '4'))"
    found = facts(tmp_path, call, {"OVER": "4"}, head="from config import settings\n", config=SETTINGS)
    assert found is not None
    assert (found.pool_size, found.doubts, found.defaults) == (7, {"pool_size": "settings.pool_size"}, ())
    found = facts(tmp_path, "URL, max_overflow=2")
    assert found is not None
    assert (found.doubts, found.defaults) == ({}, ("pool_size",))


def test_a_pool_without_a_size_has_none(tmp_path: Path) -> None:
    found = facts(tmp_path, "URL, poolclass=NullPool", head="from sqlalchemy.pool import NullPool\n")
    assert found is not None
    assert (found.pool_class, found.pool_size, found.max_overflow) == ("NullPool", None, None)


def test_a_url_written_in_code_names_the_database_and_one_put_together_does_not(tmp_path: Path) -> None:
    (tmp_path / "db.py").write_text(f"{HEAD}engine = create_async_engine('postgresql+asyncpg://eve:pw@db/shop')\n")
    (engine,) = engines_in(tmp_path, (tmp_path / "db.py",))
    found = database_in(engine)
    assert found is not None
    assert (found.target.label, found.source) == ("eve@db:5432/shop", "the URL written at db.py:3")
    (tmp_path / "db.py").write_text(f"{HEAD}engine = create_async_engine(f'postgresql+asyncpg://eve@{{host}}/shop')\n")
    (engine,) = engines_in(tmp_path, (tmp_path / "db.py",))
    assert database_in(engine) is None
