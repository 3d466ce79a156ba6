"""`env-url-password`: in alembic.ini and env.py, never shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.env_scripts import expect, say

CHECK = "env-url-password"
ENV = "from alembic import context\n"
SECRET = "tr0ub4dor-9x"


@pytest.mark.parametrize(
    ("line", "word"),
    [
        (f"sqlalchemy.url = postgresql+asyncpg://app:{SECRET}@db.shop-internal.net/shop", "high"),
        (f"sqlalchemy.url: postgresql://app:{SECRET}@10.0.0.7:5432/shop", "high"),
        (f"billing.url = mysql+pymysql://app:{SECRET}@db.shop-internal.net/shop", "high"),
        (f"sqlalchemy.url = postgresql://app:{SECRET}%%40x@db.shop-internal.net/shop", "high"),
        (f"sqlalchemy.url = postgresql://app:{SECRET}@db.example.com/shop", "medium"),
        (f"sqlalchemy.url = postgresql://app:{SECRET}@localhost/shop", "low"),
        (f"sqlalchemy.url = postgresql://app:{SECRET}@db/shop", "low"),
    ],
)
def test_a_password_in_alembic_ini_is_found_and_not_shown(line: str, word: str, tmp_path: Path) -> None:
    (found,) = say({"alembic.ini": f"[alembic]\n{line}\n", "env.py": ENV}, CHECK, tmp_path)
    assert found.confidence.label == word
    assert found.location.line == 2
    assert SECRET not in repr(found)


@pytest.mark.parametrize(
    "line",
    [
        "sqlalchemy.url = driver://user:pass@localhost/dbname",
        f"# sqlalchemy.url = postgresql://app:{SECRET}@db.shop-internal.net/shop",
        "sqlalchemy.url = postgresql://%(DB_USER)s:%(DB_PASS)s@%(DB_HOST)s/shop",
        "sqlalchemy.url = postgresql://app@db.shop-internal.net/shop",
        "sqlalchemy.url = postgresql://postgres:postgres@db.shop-internal.net/shop",
        "sqlalchemy.url = postgresql://app:${DB_PASSWORD}@db.shop-internal.net/shop",
        "sqlalchemy.url =",
        "script_location = postgresql",
    ],
)
def test_what_is_no_password_is_not(line: str, tmp_path: Path) -> None:
    assert say({"alembic.ini": f"[alembic]\n{line}\n", "env.py": ENV}, CHECK, tmp_path) == ()


@pytest.mark.parametrize(
    "code",
    [
        f"URL = 'postgresql+asyncpg://app:{SECRET}@db.shop-internal.net/shop'  # expect high\n",
        f"context.config.set_main_option('sqlalchemy.url', 'postgresql://app:{SECRET}@db.shop-internal.net/shop')  # expect high\n",
        f"import os\nURL = os.getenv('URL', 'postgresql://app:{SECRET}@10.1.2.3/shop')  # expect high\n",
        "URL = f'postgresql://{user}:{password}@db.shop-internal.net/shop'\n",
        "URL = 'postgresql://app:%s@db.shop-internal.net/shop' % password\n",
    ],
)
def test_a_password_in_env_py_is_found(code: str, tmp_path: Path) -> None:
    assert SECRET not in repr(expect(ENV + code, CHECK, tmp_path))
