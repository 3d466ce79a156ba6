"""`env-batch-on-postgresql`: batches for a database that needs none."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.env_scripts import expect

CHECK = "env-batch-on-postgresql"
ENV = "from alembic import context\nURL = '{url}'\ncontext.configure(connection=c, render_as_batch={value}){mark}\n"
URL = "postgresql+asyncpg://localhost/shop"


def test_a_batch_where_every_url_is_postgresqls_is_found(tmp_path: Path) -> None:
    expect(ENV.format(url=URL, value="True", mark="  # expect medium"), CHECK, tmp_path)


@pytest.mark.parametrize(
    "env",
    [
        ENV.format(url=URL, value="False", mark=""),
        ENV.format(url=URL, value="c.dialect.name == 'sqlite'", mark=""),
        ENV.format(url="sqlite:///shop.db", value="True", mark=""),
        ENV.format(url=URL, value="True", mark="") + "OTHER = 'sqlite+aiosqlite:///test.db'\n",
        ENV.format(url="", value="True", mark=""),
    ],
)
def test_where_sqlite_may_be_meant_nothing_is_found(env: str, tmp_path: Path) -> None:
    expect(env, CHECK, tmp_path)
