"""A synchronous engine for an async driver is found where it connects; other drivers are not found."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source

RULE = "async-driver-in-sync-engine"
HEAD = """\
from alembic import context
from sqlalchemy import create_engine, engine_from_config
from sqlalchemy.ext.asyncio import create_async_engine
from settings import settings
def use(engine):
    with engine.connect() as connection:
        pass
"""
SETTINGS = """\
from pydantic_settings import BaseSettings
class Settings(BaseSettings):
    url: str = "postgresql+asyncpg://app@db/shop"
settings = Settings()
"""
FOUND = (
    "def f():\n    e = create_engine('postgresql+asyncpg://app@db/shop')  # expect high\n    use(e)\n    return e.dialect\n",
    "def f():\n    e = create_engine('postgresql+asyncpg://app@db/shop')  # expect high\n    return e\n",
    "create_engine('postgresql+asyncpg://app@db/shop')  # expect high\n",
    "create_engine('sqlite+aiosqlite:///x.db')  # expect high\n",
    "create_engine(settings.url)  # expect medium\n",
    "engine_from_config({'sqlalchemy.url': 'mysql+asyncmy://app@db/shop'})  # expect high\n",
    """\
config = context.config
config.set_main_option("sqlalchemy.url", settings.url)  # expect medium
engine_from_config(config.get_section(config.config_ini_section, {}), prefix="sqlalchemy.")
""",
    """\
config = context.config
config.set_main_option("sqlalchemy.url", "postgresql+asyncpg://app@db/shop")  # expect high
engine_from_config(config.get_section("alembic"))
""",
)
SILENT = (
    "def version():\n    e = create_engine('postgresql+asyncpg://app@db/shop')\n    return e.dialect.name, e.url\n",
    "def sql(q):\n    return q.compile(create_engine('postgresql+asyncpg://app@db/shop'))\n",
    "def sql(q):\n    e = create_engine('postgresql+asyncpg://')\n    return q.compile(dialect=e.dialect), q.compile(bind=e)\n",
    "DIALECT = create_engine('postgresql+asyncpg://').dialect\n",
    "create_engine('postgresql+psycopg://app@db/shop')\n",
    "create_engine('postgresql://app@db/shop')\n",
    "create_async_engine('postgresql+asyncpg://app@db/shop')\n",
    "create_engine(settings.url.replace('+asyncpg', ''))\n",
    "from sqlalchemy.ext.asyncio import AsyncEngine\nAsyncEngine(create_engine(settings.url, future=True))\n",
    """\
config = context.config
config.set_main_option("sqlalchemy.url", settings.url.replace("+asyncpg", "+psycopg"))
engine_from_config(config.get_section("alembic"), prefix="sqlalchemy.")
""",
    """\
config = context.config
config.set_main_option("sqlalchemy.url", settings.url)
section = config.get_section("alembic")
section["sqlalchemy.url"] = settings.url.replace("+asyncpg", "")
engine_from_config(section, prefix="sqlalchemy.")
""",
    """\
config = context.config
config.set_main_option("sqlalchemy.url", settings.url)
config.set_main_option("sqlalchemy.url", settings.url.replace("+asyncpg", ""))
engine_from_config(config.get_section("alembic"), prefix="sqlalchemy.")
""",
)


@pytest.mark.parametrize("body", [*FOUND, *SILENT])
def test_by_driver(body: str, tmp_path: Path) -> None:
    """Each way of giving the URL."""
    check_source({"module.py": HEAD + body, "settings.py": SETTINGS}, RULE, tmp_path)


def test_one_that_never_connects(tmp_path: Path) -> None:
    """An engine that only compiles statements."""
    check_source("from sqlalchemy import create_engine\ncreate_engine('postgresql+asyncpg://')\n", RULE, tmp_path)
