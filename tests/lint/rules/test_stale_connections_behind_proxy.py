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


@pytest.mark.parametrize("host", ["localhost", "db", "shop.eu-west-1.rds.amazonaws.com", "proxima.example"])
def test_a_server_itself_is_not(host: str, tmp_path: Path) -> None:
    check_source(ENGINE.format(host=host, settings="", mark=""), "stale-connections-behind-proxy", tmp_path)
