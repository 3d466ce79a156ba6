"""Engines, their pools, drivers and URLs: what SQLAlchemy refuses or ignores is found, the rest left alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import pool
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import create_async_engine

from forge_doctor.finding import Confidence
from forge_doctor.lint.rules.pool_class_mismatch import REFUSED, SYNC_POOLS
from tests.support.lint_cases import check_source, lint_source

SA = """\
import os
from sqlalchemy import create_engine, URL
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool, StaticPool, QueuePool, AsyncAdaptedQueuePool
A = "postgresql+asyncpg://app@db/shop"
S = "postgresql+psycopg2://app@db/shop"
"""

CASES = {
    "pool-class-mismatch": (
        "create_async_engine(A, poolclass=QueuePool)  # expect high\n",
        "create_engine(A, poolclass=QueuePool)  # expect high\n",
        "create_engine(S, poolclass=AsyncAdaptedQueuePool)  # expect high\n",
        "create_engine(os.environ['X'], poolclass=AsyncAdaptedQueuePool)  # expect medium\n",
        "create_async_engine(A, poolclass=NullPool, pool_size=5)  # expect high\n",
        "create_engine(S, poolclass=StaticPool, max_overflow=5)  # expect high\n",
        "import sqlalchemy as sa\ncreate_async_engine(A, poolclass=sa.QueuePool)  # expect high\n",
        "create_async_engine(A, poolclass=AsyncAdaptedQueuePool, pool_size=5)\n",
        "create_async_engine(A, poolclass=NullPool)\n",
        "create_engine(S, poolclass=QueuePool, pool_size=5)\n",
        "create_engine(A, poolclass=AsyncAdaptedQueuePool)\n",
        "create_async_engine(A, poolclass=NullPool if os.name else AsyncAdaptedQueuePool, pool_size=5)\n",
        "which = QueuePool\nif os.name:\n    which = NullPool\ncreate_async_engine(A, poolclass=which)\n",
        "class QueuePool: ...\ncreate_async_engine(A, poolclass=QueuePool)\n",
        "import pytest\nwith pytest.raises(Exception):\n    create_async_engine(A, poolclass=QueuePool)\n",
    ),
    "pool-settings-contradict": (
        "create_async_engine(A, pool_size=0)  # expect high\n",
        "create_async_engine(A, pool_size=5, max_overflow=-1, pool_timeout=3)  # expect high\n",
        "create_async_engine(A, poolclass=NullPool, pool_recycle=300)  # expect high\n",
        "SIZE = 0\ncreate_engine(S, pool_size=SIZE)  # expect high\n",
        "create_async_engine(A, pool_size=5, max_overflow=0, pool_timeout=5, pool_recycle=300)\n",
        "create_async_engine(A, pool_size=int(os.environ['SIZE']))\n",
        "create_async_engine(A, poolclass=NullPool, pool_recycle=-1, pool_pre_ping=False)\n",
        "create_async_engine(A, poolclass=NullPool)\n",
        "create_engine('sqlite://', pool_size=0)\n",
    ),
    "sync-driver-in-async-engine": (
        "create_async_engine(S)  # expect high\n",
        "create_async_engine('postgresql://app@db/shop')  # expect medium\n",
        "create_async_engine('postgres://app@db/shop')  # expect high\n",
        "create_async_engine('sqlite:///x.db')  # expect high\n",
        "create_async_engine(f'mysql+pymysql://{A}@db/shop')  # expect high\n",
        "create_async_engine(make_url(S))  # expect high\n",
        "create_async_engine(URL.create('postgresql+psycopg2', host='db'))  # expect high\n",
        "create_async_engine(A)\n",
        "create_async_engine('postgresql+psycopg://app@db/shop')\n",
        "create_async_engine('sqlite+aiosqlite://')\n",
        "create_async_engine('oracle+oracledb://x')\n",
        "create_async_engine(S.replace('psycopg2', 'asyncpg'))\n",
        "create_async_engine(os.environ['DATABASE_URL'])\n",
        "create_async_engine(f'{A}://x')\n",
        "create_async_engine(f'postgresql+{A}://x')\n",
        "create_engine(S)\n",
        "def f(url):\n    return create_async_engine(url)\n",
        "URL_ = S\nif os.name:\n    URL_ = A\ncreate_async_engine(URL_)\n",
    ),
    "statement-cache-behind-pgbouncer": (
        "create_async_engine('postgresql+asyncpg://a@db:6432/x')  # expect medium\n",
        "create_async_engine('postgresql+asyncpg://a@x.pooler.supabase.com:6543/x')  # expect medium\n",
        "create_async_engine(f'postgresql+asyncpg://a@pgbouncer/{A}')  # expect medium\n",
        "create_async_engine('postgresql+asyncpg://a@pgbouncer/x', connect_args={'ssl': 1})  # expect medium\n",
        "create_async_engine('postgresql+asyncpg://a@db:5432/x')\n",
        "create_async_engine('postgresql+psycopg://a@pgbouncer:6432/x')\n",
        "create_async_engine('postgresql+asyncpg://a@pgbouncer/x', connect_args={'statement_cache_size': 0})\n",
        "create_async_engine('postgresql+asyncpg://a@pgbouncer/x', connect_args=dict(statement_cache_size=0))\n",
        "create_async_engine('postgresql+asyncpg://a@pgbouncer/x?statement_cache_size=0')\n",
        "create_async_engine('postgresql+asyncpg://a@pgbouncer/x', connect_args={'prepared_statement_name_func': f})\n",
        "create_async_engine('postgresql+asyncpg://a@pgbouncer/x', connect_args=made())\n",
        "create_async_engine('postgresql+asyncpg://a@pgbouncer/x', **settings)\n",
        "K = {'statement_cache_size': 0}\ncreate_async_engine('postgresql+asyncpg://a@pgbouncer/x', connect_args=K)\n",
    ),
    "credentials-in-code": (
        "create_async_engine('postgresql+asyncpg://app:k9-Fvq2x@db.shop.net/x')  # expect high\n",
        "DATABASE_URL = 'postgresql://app:k9-Fvq2x@db.shop.net/x'  # expect high\n",
        "DATABASE_URL = os.getenv('DATABASE_URL', 'postgresql://app:k9-Fvq2x@10.0.0.7/x')  # expect high\n",
        "class S:\n    db_url: str = 'mysql+aiomysql://app:k9-Fvq2x@db.shop.net/x'  # expect high\n",
        "create_engine(URL.create('postgresql', 'app', 'k9-Fvq2x', 'db.shop.net'))  # expect high\n",
        "DATABASE_URL = 'postgresql://app:k9-Fvq2x@localhost/x'  # expect low\n",
        "DATABASE_URL = 'postgresql://app:k9-Fvq2x@db/x'  # expect low\n",
        "DATABASE_URL = 'postgresql://user:password@localhost/x'\n",
        "DATABASE_URL = 'postgresql://postgres:postgres@db.shop.net/x'\n",
        "DATABASE_URL = 'postgresql://shop:shop@db.shop.net/x'\n",
        "DATABASE_URL = f'postgresql://app:{A}@db.shop.net/x'\n",
        "DATABASE_URL = 'postgresql://app:%s@db.shop.net/x' % A\n",
        "DATABASE_URL = 'postgresql://app:<password>@db.shop.net/x'\n",
        "DATABASE_URL = 'postgresql://app:k9-Fvq2x@db.example.com/x'\n",
        "DATABASE_URL = 'postgresql://app@db.shop.net/x'\n",
        "create_engine(URL.create('postgresql', 'app', os.environ['PASSWORD'], 'db.shop.net'))\n",
        "def f():\n    '''Connect with postgresql://app:k9-Fvq2x@db.shop.net/x.'''\n",
        "HOMEPAGE = 'https://app:k9-Fvq2x@shop.net/x'\n",
    ),
}


@pytest.mark.parametrize(
    ("rule", "code"), [(rule, code) for rule, codes in CASES.items() for code in codes], ids=lambda value: value[:60]
)
def test_only_the_marked_lines_are_found(rule: str, code: str, tmp_path: Path) -> None:
    check_source(SA + code, rule, tmp_path)


def test_settings_are_followed_into_other_modules(tmp_path: Path) -> None:
    files = {
        "app/__init__.py": "",
        "app/settings.py": "DATABASE_URL = 'sqlite:///shop.db'\n",
        "app/db.py": "from sqlalchemy.ext.asyncio import create_async_engine\nfrom .settings import DATABASE_URL\n"
        "engine = create_async_engine(DATABASE_URL)  # expect high\n",
    }
    check_source(files, "sync-driver-in-async-engine", tmp_path)


@pytest.mark.parametrize("folder", ["tests", "examples", "docs"])
def test_passwords_of_tests_and_examples_are_left_alone(folder: str, tmp_path: Path) -> None:
    code = "DATABASE_URL = 'postgresql://app:k9-Fvq2x@db.shop.net/x'\n"
    assert lint_source({f"{folder}/settings.py": code}, "credentials-in-code", tmp_path) == ()


def test_no_part_of_a_finding_shows_the_password(tmp_path: Path) -> None:
    code = f"{SA}create_async_engine('postgresql+asyncpg://app:k9-Fvq2x@db.shop.net:6432/x')\n"
    rules = ("credentials-in-code", "statement-cache-behind-pgbouncer")
    findings = [found for rule in rules for found in lint_source(code, rule, tmp_path)]
    assert len(findings) == 2
    assert "k9-Fvq2x" not in repr(findings)


@pytest.mark.parametrize("name", sorted(SYNC_POOLS))
def test_sqlalchemy_refuses_these_pools_for_asyncio(name: str) -> None:
    with pytest.raises(ArgumentError, match="cannot be used with asyncio engine"):
        create_async_engine("postgresql+asyncpg://app@db/shop", poolclass=getattr(pool, name))


@pytest.mark.parametrize(("name", "setting"), [(n, s) for n in REFUSED for s in REFUSED[n] if n not in SYNC_POOLS])
def test_sqlalchemy_refuses_these_settings_beside_these_pools(name: str, setting: str) -> None:
    with pytest.raises(TypeError, match=f"Invalid argument.*'{setting}'"):
        create_async_engine("postgresql+asyncpg://app@db/shop", poolclass=getattr(pool, name), **{setting: 1})


def test_low_confidence_is_kept_for_passwords_of_local_hosts(tmp_path: Path) -> None:
    code = f"{SA}DATABASE_URL = 'postgresql://app:k9-Fvq2x@localhost/x'\n"
    assert lint_source(code, "credentials-in-code", tmp_path, least=Confidence.MEDIUM) == ()
