"""What engines made from a configuration are given, wherever that stands; never a guess."""

from __future__ import annotations

from pathlib import Path

import pytest

from forge_doctor.code.orm.engine_numbers import facts_of
from forge_doctor.code.orm.engine_places import engine_places, engines_in
from forge_doctor.code.orm.engines import EngineCall
from forge_doctor.triage.discovery.literals import database_in

HEAD = """
import os
from configparser import ConfigParser
from dataclasses import asdict, dataclass
from pydantic_settings import BaseSettings
from sqlalchemy import engine_from_config, pool
from sqlalchemy.ext.asyncio import async_engine_from_config
"""
DICT = (
    "CONFIG = {'sqlalchemy.url': 'postgresql+asyncpg://eve:pw@db/shop', 'sqlalchemy.pool_size': '7', 'debug': True}\n"
)
SETTINGS = """
class Settings(BaseSettings):
    db_url: str = 'postgresql+asyncpg://db/shop'
    db_pool_size: int = 8
    db_max_overflow: int = 2
    name: str = 'shop'

settings = Settings()
"""
INI = "[DEFAULT]\ndb.max_overflow = 1\n[database]\ndb.url = postgresql://eve:pw@db/shop\ndb.pool_size = 6\ndb.pool_pre_ping = true\n"
READ = "parser = ConfigParser()\nparser.read(os.path.join(os.path.dirname(__file__), 'shop.ini'))\n"


def engine(tmp_path: Path, before: str, call: str) -> EngineCall:
    (tmp_path / "shop.ini").write_text(INI)
    (tmp_path / "db.py").write_text(f"{HEAD}{before}\nengine = {call}\n")
    (found,) = engines_in(tmp_path, (tmp_path / "db.py",))
    return found


@pytest.mark.parametrize(
    ("before", "call", "numbers"),
    [
        (DICT, "async_engine_from_config(CONFIG)", (7, 10)),
        (DICT, "async_engine_from_config(CONFIG, pool_size=3, max_overflow=0)", (3, 0)),
        (DICT, "async_engine_from_config(configuration=CONFIG, prefix='sqlalchemy.')", (7, 10)),
        ("", "engine_from_config({'db_url': os.environ['URL'], 'db_max_overflow': 4}, prefix='db_')", (5, 4)),
        ("", "engine_from_config(dict(url=os.environ['URL'], pool_size=os.environ.get('SIZE', '9')), '')", (20, 10)),
        (SETTINGS, "async_engine_from_config(settings.model_dump(), prefix='db_')", (8, 33)),
        (SETTINGS, "async_engine_from_config(vars(settings), 'db_', max_overflow=5)", (8, 5)),
        (SETTINGS, "async_engine_from_config({'sqlalchemy.pool_size': settings.db_pool_size})", (8, 10)),
        (READ, "engine_from_config(dict(parser['database']), prefix='db.')", (6, 1)),
        (READ, "engine_from_config(dict(parser.items('database')), prefix='db.')", (6, 1)),
        ("", "engine_from_config(os.environ, prefix='shop_')", (11, 10)),
    ],
)
def test_numbers_from_a_configuration(tmp_path: Path, before: str, call: str, numbers: tuple[int, int]) -> None:
    variables = {"SIZE": "20", "DB_MAX_OVERFLOW": "33", "shop_pool_size": "11", "shop_url": "postgresql://db/shop"}
    found = facts_of(engine(tmp_path, before, call), variables)
    assert found is not None
    assert (found.pool_size, found.max_overflow) == numbers


@pytest.mark.parametrize(
    ("before", "call"),
    [
        (f"{DICT}CONFIG['sqlalchemy.max_overflow'] = os.environ['OVER']\n", "engine_from_config(CONFIG)"),
        ("", "engine_from_config(load())"),
        (DICT, "engine_from_config({**CONFIG, 'sqlalchemy.echo': True})"),
        (DICT, "engine_from_config(CONFIG, prefix=chosen())"),
        (READ, "engine_from_config(dict(parser['other']), prefix='db.')"),
        (f"{READ.replace('shop.ini', 'gone.ini')}", "engine_from_config(dict(parser['database']), prefix='db.')"),
        (SETTINGS, "engine_from_config({'sqlalchemy.pool_size': computed()})"),
    ],
)
def test_what_may_hold_more_than_is_seen_gives_no_numbers(tmp_path: Path, before: str, call: str) -> None:
    assert facts_of(engine(tmp_path, before, call), {}) is None


def test_a_configuration_gives_driver_flags_and_the_database(tmp_path: Path) -> None:
    found = engine(
        tmp_path, READ, "engine_from_config(dict(parser['database']), prefix='db.', poolclass=pool.NullPool)"
    )
    told = facts_of(found, {})
    database = database_in(found)
    assert told is not None
    assert database is not None
    assert (told.pool_class, told.pre_ping, database.target.label) == ("NullPool", True, "eve@db:5432/shop")
    found = engine(tmp_path, DICT, "async_engine_from_config(CONFIG)")
    assert found.dsn is not None
    assert (found.dsn.driver, found.maker, found.is_async) == ("asyncpg", "async_engine_from_config", True)
    found = engine(tmp_path, SETTINGS, "async_engine_from_config(settings.model_dump(), prefix='db_')")
    assert found.default_dsn is not None
    assert (found.dsn, found.default_dsn.driver) == (None, "asyncpg")


def test_the_engine_of_migrations_is_not_the_applications(tmp_path: Path) -> None:
    text = f"{HEAD}from alembic import context, op\nengine = engine_from_config({{}}, poolclass=pool.NullPool)\n"
    (tmp_path / "env.py").write_text(text)
    assert engines_in(tmp_path, (tmp_path / "env.py",)) == ()
    assert [place.target for place in engine_places(tmp_path)] == ["env.py"]
