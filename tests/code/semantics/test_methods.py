"""The table of coroutine methods is the one of the installed SQLAlchemy and SQLModel."""

from __future__ import annotations

import inspect
from typing import Any

import asyncpg
import asyncpg.prepared_stmt
import asyncpg.transaction
import psycopg
import pytest
from sqlalchemy.ext import asyncio as sa

from forge_doctor.code.semantics.library.kinds import Kind
from forge_doctor.code.semantics.library.methods import ALL_COROUTINES, COROUTINES, ENTERED, PLAIN, STARTABLE

CLASSES = (
    (Kind.ASYNC_SESSION, sa.AsyncSession),
    (Kind.ASYNC_SCOPED, sa.async_scoped_session),
    (Kind.ASYNC_CONNECTION, sa.AsyncConnection),
    (Kind.ASYNC_ENGINE, sa.AsyncEngine),
    (Kind.ASYNC_TRANSACTION, sa.AsyncTransaction),
    (Kind.ASYNC_TRANSACTION, sa.AsyncSessionTransaction),
    (Kind.ASYNC_RESULT, sa.AsyncResult),
    (Kind.ASYNC_RESULT, sa.AsyncScalarResult),
    (Kind.ASYNC_RESULT, sa.AsyncMappingResult),
    (Kind.ASYNC_FACTORY, sa.async_sessionmaker),
    (Kind.ASYNCPG_CONNECTION, asyncpg.connection.Connection),
    (Kind.ASYNCPG_POOL, asyncpg.pool.Pool),
    (Kind.ASYNCPG_TRANSACTION, asyncpg.transaction.Transaction),
    (Kind.ASYNCPG_STATEMENT, asyncpg.prepared_stmt.PreparedStatement),
)


def methods(cls: type[Any], *, coroutine: bool) -> set[str]:
    found = set()
    for name in dir(cls):
        member = inspect.getattr_static(cls, name)
        member = getattr(member, "__func__", member)
        member = inspect.unwrap(member) if callable(member) else member
        if not name.startswith("_") and callable(member) and inspect.iscoroutinefunction(member) is coroutine:
            found.add(name)
    return found


@pytest.mark.parametrize(("kind", "cls"), CLASSES, ids=lambda value: getattr(value, "__name__", ""))
def test_every_coroutine_method_of_the_class_is_in_the_table(kind: Kind, cls: type[Any]) -> None:
    assert methods(cls, coroutine=True) <= COROUTINES[kind]


@pytest.mark.parametrize(("kind", "cls"), CLASSES, ids=lambda value: getattr(value, "__name__", ""))
def test_no_plain_method_of_the_class_is_taken_for_a_coroutine(kind: Kind, cls: type[Any]) -> None:
    assert not methods(cls, coroutine=False) & COROUTINES[kind]


@pytest.mark.parametrize(
    ("kind", "cls"),
    [(Kind.PSYCOPG_CONNECTION, psycopg.AsyncConnection), (Kind.PSYCOPG_CURSOR, psycopg.AsyncCursor)],
)
def test_what_is_looked_for_of_psycopg_is_a_coroutine(kind: Kind, cls: type[Any]) -> None:
    """Not all of it: nobody forgets to await `connect()` and goes on."""
    assert methods(cls, coroutine=True) >= COROUTINES[kind]


@pytest.mark.parametrize("kind", PLAIN)
def test_what_is_called_plain_is_no_coroutine(kind: Kind) -> None:
    assert not PLAIN[kind] & COROUTINES[kind]
    classes = [cls for known, cls in CLASSES if known is kind]
    assert PLAIN[kind] <= {name for cls in classes for name in methods(cls, coroutine=False)}


@pytest.mark.parametrize(("kind", "method"), [one for one in (*STARTABLE, *ENTERED) if one[0] is not Kind.PSYCOPG_POOL])
def test_what_async_with_enters_is_a_plain_method(kind: Kind, method: str) -> None:
    classes = [cls for known, cls in CLASSES if known is kind]
    assert any(method in methods(cls, coroutine=False) for cls in classes)


def test_the_session_of_sqlmodel_adds_nothing_but_exec() -> None:
    sqlmodel = pytest.importorskip("sqlmodel.ext.asyncio.session", reason="sqlmodel is not installed")
    assert methods(sqlmodel.AsyncSession, coroutine=True) <= COROUTINES[Kind.ASYNC_SESSION]
    assert "exec" in ALL_COROUTINES
