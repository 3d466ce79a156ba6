"""Pool classes and settings that SQLAlchemy refuses are found, and really are refused; those it takes are not found."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import pool
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import create_async_engine

from forge_doctor.lint.rules.pool_class_mismatch import REFUSED, SYNC_POOLS
from tests.support.lint_cases import check_source
from tests.support.lint_heads import ENGINES

RULE = "pool-class-mismatch"
FOUND = (
    "create_async_engine(A, poolclass=QueuePool)  # expect high\n",
    "create_engine(A, poolclass=QueuePool)  # expect high\n",
    "create_engine(S, poolclass=AsyncAdaptedQueuePool)  # expect high\n",
    "create_engine(os.environ['X'], poolclass=AsyncAdaptedQueuePool)  # expect medium\n",
    "create_async_engine(A, poolclass=NullPool, pool_size=5)  # expect high\n",
    "create_engine(S, poolclass=StaticPool, max_overflow=5)  # expect high\n",
    "import sqlalchemy as sa\ncreate_async_engine(A, poolclass=sa.QueuePool)  # expect high\n",
    "P = QueuePool\ncreate_async_engine(A, poolclass=P)  # expect high\n",
    """\
from sqlmodel import create_engine
create_engine(S, poolclass=NullPool, pool_timeout=5)  # expect high
""",
    "async_engine_from_config({'sqlalchemy.url': A}, poolclass=QueuePool)  # expect high\n",
    "engine_from_config({'sqlalchemy.url': S, 'sqlalchemy.pool_size': '5'}, poolclass=NullPool)  # expect high\n",
)
SILENT = (
    "create_async_engine(A, poolclass=AsyncAdaptedQueuePool, pool_size=5)\n",
    "create_async_engine(A, poolclass=NullPool)\n",
    "create_engine(S, poolclass=QueuePool, pool_size=5)\n",
    "create_engine(A, poolclass=AsyncAdaptedQueuePool)\n",
    "create_async_engine(A, poolclass=NullPool if os.name else AsyncAdaptedQueuePool, pool_size=5)\n",
    "which = QueuePool\nif os.name:\n    which = NullPool\ncreate_async_engine(A, poolclass=which)\n",
    "class QueuePool: ...\ncreate_async_engine(A, poolclass=QueuePool)\n",
    "import pytest\nwith pytest.raises(Exception):\n    create_async_engine(A, poolclass=QueuePool)\n",
    "def create_async_engine(url, **settings): ...\ncreate_async_engine(A, poolclass=QueuePool)\n",
    "create_async_engine(A, poolclass=os.environ['POOL'], pool_size=5)\n",
    "def f(poolclass):\n    return create_async_engine(A, poolclass=poolclass, pool_size=5)\n",
)


@pytest.mark.parametrize("code", FOUND)
def test_a_pool_that_is_refused_is_found(code: str, tmp_path: Path) -> None:
    check_source(ENGINES + code, RULE, tmp_path)


@pytest.mark.parametrize("code", SILENT)
def test_a_pool_that_is_taken_or_not_known_is_silent(code: str, tmp_path: Path) -> None:
    check_source(ENGINES + code, RULE, tmp_path)


@pytest.mark.parametrize("name", sorted(SYNC_POOLS))
def test_sqlalchemy_refuses_these_pools_for_asyncio(name: str) -> None:
    with pytest.raises(ArgumentError, match="cannot be used with asyncio engine"):
        create_async_engine("postgresql+asyncpg://app@db/shop", poolclass=getattr(pool, name))


@pytest.mark.parametrize(("name", "setting"), [(n, s) for n in REFUSED for s in REFUSED[n] if n not in SYNC_POOLS])
def test_sqlalchemy_refuses_these_settings_beside_these_pools(name: str, setting: str) -> None:
    with pytest.raises(TypeError, match=f"Invalid argument.*'{setting}'"):
        create_async_engine("postgresql+asyncpg://app@db/shop", poolclass=getattr(pool, name), **{setting: 1})


MEMORY = "from sqlalchemy.ext.asyncio import create_async_engine\nfrom sqlalchemy.pool import NullPool, StaticPool\n"


@pytest.mark.parametrize(
    ("url", "pool", "mark"),
    [
        ("'sqlite+aiosqlite://'", "NullPool", "  # expect medium"),
        ("'sqlite+aiosqlite:///:memory:'", "NullPool", "  # expect medium"),
        ("'sqlite+aiosqlite:///:memory:'", "StaticPool", ""),
        ("'sqlite+aiosqlite:///shop.db'", "NullPool", ""),
        ("'sqlite+aiosqlite://', creator=connect", "NullPool", ""),
        ("'sqlite+aiosqlite:///file:shop?mode=memory&cache=shared&uri=true'", "NullPool", ""),
        ("f'sqlite+aiosqlite:///{path}'", "NullPool", ""),
    ],
)
def test_a_database_in_memory_needs_one_connection(url: str, pool: str, mark: str, tmp_path: Path) -> None:
    code = f"path = str(input())\nengine = create_async_engine({url}, poolclass={pool}){mark}\n"
    check_source(MEMORY + code, "pool-class-mismatch", tmp_path)
