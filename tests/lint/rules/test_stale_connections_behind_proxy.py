"""`stale-connections-behind-proxy`: a proxy by its name, and a pool that tests nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source

ENGINE = (
    "from sqlalchemy.ext.asyncio import create_async_engine\nfrom sqlalchemy.pool import NullPool\n"
    "engine = create_async_engine('postgresql+asyncpg://app@{host}/shop'{settings}){mark}\n"
)
PROXIES = [
    "aws-0-eu.pooler.supabase.com:5432",
    "shop.proxy-abc.eu-west-1.rds.amazonaws.com",
    "ep-x-1.eu-central-1.aws.neon.tech",
    "shop.postgres.database.azure.com",
    "pgbouncer:6432",
]


@pytest.mark.parametrize("host", PROXIES)
@pytest.mark.parametrize("settings", ["", ", pool_pre_ping=False", ", pool_recycle=-1"])
def test_a_pool_that_tests_nothing_is_found(host: str, settings: str, tmp_path: Path) -> None:
    code = ENGINE.format(host=host, settings=settings, mark="  # expect medium")
    check_source(code, "stale-connections-behind-proxy", tmp_path)


@pytest.mark.parametrize("settings", [", pool_pre_ping=True", ", pool_recycle=300", ", poolclass=NullPool", ", **more"])
def test_a_pool_that_cares_is_not(settings: str, tmp_path: Path) -> None:
    check_source(ENGINE.format(host=PROXIES[0], settings=settings, mark=""), "stale-connections-behind-proxy", tmp_path)


@pytest.mark.parametrize(
    "host", ["localhost", "db", "shop.eu-west-1.rds.amazonaws.com", "proxima.example", "spooler.x"]
)
def test_a_server_itself_is_not(host: str, tmp_path: Path) -> None:
    check_source(ENGINE.format(host=host, settings="", mark=""), "stale-connections-behind-proxy", tmp_path)


FROM_ENVIRONMENT = (
    "import os\nfrom sqlalchemy.ext.asyncio import create_async_engine\n"
    "engine = create_async_engine(os.environ['DATABASE_URL']){mark}\n"
)
COMPOSE = "services:\n  api:\n    environment:\n      {given}\n"


@pytest.mark.parametrize(
    ("given", "mark"),
    [
        ("DATABASE_URL: postgresql+asyncpg://app@haproxy:5000/shop", "  # expect medium"),
        ('- "DATABASE_URL=postgresql+asyncpg://app@pgbouncer:6432/shop"', "  # expect medium"),
        ("OTHER_URL: postgresql+asyncpg://app@pgbouncer:6432/shop", "  # expect medium"),
        ("DATABASE_URL: postgresql+asyncpg://app@db:5432/shop", ""),
        ("DATABASE_URL: postgresql://app@db/shop\n      ADMIN_URL: postgresql://app@pgbouncer:6432/shop", ""),
        ("OTHER_URL: postgresql://app@db/shop\n      ADMIN_URL: postgresql://app@pgbouncer:6432/shop", ""),
        ("BROKER_URL: redis://haproxy:6379/0", ""),
    ],
)
def test_the_compose_file_says_what_the_environment_gives(given: str, mark: str, tmp_path: Path) -> None:
    files = {"docker-compose.yml": COMPOSE.format(given=given), "app/db.py": FROM_ENVIRONMENT.format(mark=mark)}
    check_source(files, "stale-connections-behind-proxy", tmp_path)


@pytest.mark.parametrize("class_", ["AsyncConnectionPool", "ConnectionPool"])
@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ("", True),
        (", open=False", True),
        (", check={}.check_connection", False),
        (", max_idle=60", False),
        (", **k", False),
    ],
)
def test_a_pool_of_psycopg_is_asked_for_its_check(class_: str, settings: str, told: bool, tmp_path: Path) -> None:
    code = (
        f"from psycopg_pool import {class_}\nk = made()\n"
        f"pool = {class_}('postgresql://a@ep-x.eu.aws.neon.tech/x'{settings.format(class_)}){'  # expect' * told}\n"
        f"own = {class_}('postgresql://a@db/x')\n"
    )
    check_source(code, "stale-connections-behind-proxy", tmp_path)


def test_a_listener_that_may_test_them_is_cared_for(tmp_path: Path) -> None:
    code = ENGINE.format(host=PROXIES[0], settings="", mark="") + (
        "from sqlalchemy import event\n@event.listens_for(engine.sync_engine, 'engine_connect')\n"
        "def ping(connection):\n    connection.scalar('select 1')\n"
    )
    check_source(code, "stale-connections-behind-proxy", tmp_path)
