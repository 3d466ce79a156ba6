"""Which methods of SQLAlchemy's asyncio classes are coroutines, as data; a test compares it with the installed classes.

Methods that only newer versions have are listed too: calling one that is not there fails anyway.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from forge_doctor.code.semantics.library.kinds import DRIVER_KINDS, Kind, words

_SESSION = words(
    """aclose close close_all commit connection delete delete_all exec execute flush get get_one
    invalidate merge merge_all refresh reset rollback run_sync scalar scalars stream stream_scalars"""
)
_SESSION_SYNC = words(
    """add add_all begin begin_nested expire expire_all expunge expunge_all get_bind
    get_nested_transaction get_transaction in_nested_transaction in_transaction is_modified"""
)

_ASYNCPG = words(
    """copy_from_query copy_from_table copy_records_to_table copy_to_table execute executemany fetch fetchmany fetchrow
    fetchval"""
)
_DATABASES = words("execute execute_many fetch_all fetch_one fetch_val")

# The class's coroutine methods.
COROUTINES: Mapping[Kind, frozenset[str]] = MappingProxyType(
    {
        Kind.ASYNC_SESSION: _SESSION,
        Kind.ASYNC_SCOPED: _SESSION | {"remove"},
        Kind.ASYNC_CONNECTION: words(
            """aclose close commit exec_driver_sql execute execution_options get_isolation_level
    get_raw_connection invalidate rollback run_sync scalar scalars start"""
        ),
        Kind.ASYNC_ENGINE: frozenset({"dispose", "raw_connection"}),
        Kind.ASYNC_TRANSACTION: frozenset({"close", "commit", "rollback", "start"}),
        Kind.ASYNC_RESULT: words(
            """all close fetchall fetchmany fetchone first freeze one one_or_none scalar scalar_one
    scalar_one_or_none"""
        ),
        Kind.ASYNC_FACTORY: frozenset(),
        Kind.ASYNCPG_CONNECTION: _ASYNCPG
        | words(
            """add_listener close prepare reload_schema_state remove_listener reset reset_type_codec set_builtin_type_codec
            set_type_codec"""
        ),
        Kind.ASYNCPG_POOL: _ASYNCPG | words("close expire_connections release"),
        Kind.ASYNCPG_TRANSACTION: words("commit rollback start"),
        Kind.ASYNCPG_STATEMENT: words("executemany explain fetch fetchmany fetchrow fetchval"),
        Kind.DATABASES_POOL: _DATABASES | words("connect disconnect"),
        Kind.DATABASES_CONNECTION: _DATABASES,
        Kind.DATABASES_TRANSACTION: words("commit rollback start"),
        Kind.PSYCOPG_CONNECTION: words(
            "close commit execute rollback set_autocommit set_isolation_level set_read_only"
        ),
        Kind.PSYCOPG_CURSOR: words("close execute executemany fetchall fetchmany fetchone scroll"),
        Kind.PSYCOPG_POOL: words("close getconn open putconn resize"),
    }
)

# What `await` gives, where it is not just data.
AWAITED: Mapping[tuple[Kind, str], Kind] = MappingProxyType(
    {
        **{
            (session, method): Kind.RESULT
            for session in (Kind.ASYNC_SESSION, Kind.ASYNC_SCOPED, Kind.ASYNC_CONNECTION)
            for method in ("execute", "scalars", "exec", "exec_driver_sql")
        },
        **{
            (session, method): kind
            for session in (Kind.ASYNC_SESSION, Kind.ASYNC_SCOPED)
            for method, kind in (
                ("stream", Kind.ASYNC_RESULT),
                ("stream_scalars", Kind.ASYNC_RESULT),
                ("connection", Kind.ASYNC_CONNECTION),
            )
        },
        (Kind.ASYNC_CONNECTION, "execution_options"): Kind.ASYNC_CONNECTION,
        (Kind.ASYNC_CONNECTION, "start"): Kind.ASYNC_CONNECTION,
        (Kind.ASYNC_TRANSACTION, "start"): Kind.ASYNC_TRANSACTION,
        (Kind.ASYNCPG_CONNECTION, "prepare"): Kind.ASYNCPG_STATEMENT,
        (Kind.PSYCOPG_CONNECTION, "execute"): Kind.PSYCOPG_CURSOR,
        (Kind.PSYCOPG_CURSOR, "execute"): Kind.PSYCOPG_CURSOR,
        (Kind.PSYCOPG_POOL, "getconn"): Kind.PSYCOPG_CONNECTION,
    }
)

# Methods whose result is awaited or entered with `async with`.
STARTABLE: Mapping[tuple[Kind, str], Kind] = MappingProxyType(
    {
        **{
            (kind, method): Kind.ASYNC_TRANSACTION
            for kind in (Kind.ASYNC_SESSION, Kind.ASYNC_SCOPED, Kind.ASYNC_CONNECTION)
            for method in ("begin", "begin_nested")
        },
        (Kind.ASYNC_ENGINE, "connect"): Kind.ASYNC_CONNECTION,
        (Kind.ASYNC_CONNECTION, "stream"): Kind.ASYNC_RESULT,
        (Kind.ASYNC_CONNECTION, "stream_scalars"): Kind.ASYNC_RESULT,
        (Kind.ASYNCPG_POOL, "acquire"): Kind.ASYNCPG_CONNECTION,
    }
)

# Methods whose result only `async with` opens.
ENTERED: Mapping[tuple[Kind, str], Kind] = MappingProxyType(
    {
        (Kind.ASYNC_FACTORY, "begin"): Kind.ASYNC_SESSION,
        (Kind.ASYNC_ENGINE, "begin"): Kind.ASYNC_CONNECTION,
        (Kind.PSYCOPG_POOL, "connection"): Kind.PSYCOPG_CONNECTION,
    }
)

# Methods that give an object with coroutine methods of its own.
PLAINLY: Mapping[tuple[Kind, str], Kind] = MappingProxyType(
    {
        (Kind.ASYNC_ENGINE, "execution_options"): Kind.ASYNC_ENGINE,
        (Kind.ASYNCPG_CONNECTION, "transaction"): Kind.ASYNCPG_TRANSACTION,
        (Kind.DATABASES_POOL, "connection"): Kind.DATABASES_CONNECTION,
        (Kind.DATABASES_POOL, "transaction"): Kind.DATABASES_TRANSACTION,
        (Kind.DATABASES_CONNECTION, "transaction"): Kind.DATABASES_TRANSACTION,
        (Kind.PSYCOPG_CONNECTION, "cursor"): Kind.PSYCOPG_CURSOR,
    }
)

# The class's plain methods that people await by mistake.
PLAIN: Mapping[Kind, frozenset[str]] = MappingProxyType(
    {
        Kind.ASYNC_SESSION: _SESSION_SYNC - {"begin", "begin_nested"},
        Kind.ASYNC_SCOPED: frozenset(
            name for name in _SESSION_SYNC if "begin" not in name and "transaction" not in name
        ),
        Kind.ASYNC_CONNECTION: frozenset(
            {"get_nested_transaction", "get_transaction", "in_nested_transaction", "in_transaction"}
        ),
        Kind.ASYNC_ENGINE: frozenset(
            {"clear_compiled_cache", "execution_options", "get_execution_options", "update_execution_options"}
        ),
        Kind.ASYNC_RESULT: frozenset(
            {"columns", "keys", "mappings", "partitions", "scalars", "tuples", "unique", "yield_per"}
        ),
    }
)

# The same of drivers: most of what their classes have is awaited, and these are not.
PLAIN_OF_DRIVERS: Mapping[Kind, frozenset[str]] = MappingProxyType(
    {
        Kind.ASYNCPG_CONNECTION: words(
            """add_log_listener add_query_logger add_termination_listener get_server_pid get_server_version get_settings is_closed
            is_in_transaction remove_log_listener remove_query_logger remove_termination_listener terminate transaction"""
        ),
        Kind.ASYNCPG_POOL: words("get_idle_size get_max_size get_min_size get_size is_closing terminate"),
        Kind.PSYCOPG_CONNECTION: words("add_notice_handler add_notify_handler cancel cursor fileno transaction xid"),
    }
)

# Methods of the sync Result, which `await session.execute(...)` gives: none of them is awaited.
RESULT_METHODS = words(
    """all close columns fetchall fetchmany fetchone first freeze keys mappings one one_or_none
    partitions scalar scalar_one scalar_one_or_none scalars tuples unique yield_per rowcount
    inserted_primary_key lastrowid returns_rows"""
)

# Attributes that lead from one to another.
ATTRIBUTES: Mapping[tuple[Kind, str], Kind] = MappingProxyType(
    {
        (Kind.ASYNC_SESSION, "sync_session"): Kind.SESSION,
        (Kind.ASYNC_SCOPED, "sync_session"): Kind.SESSION,
        (Kind.ASYNC_SESSION, "bind"): Kind.ASYNC_ENGINE,
        (Kind.ASYNC_CONNECTION, "sync_connection"): Kind.CONNECTION,
        (Kind.ASYNC_CONNECTION, "engine"): Kind.ASYNC_ENGINE,
        (Kind.ASYNC_CONNECTION, "sync_engine"): Kind.ENGINE,
        (Kind.ASYNC_ENGINE, "sync_engine"): Kind.ENGINE,
        (Kind.ASYNC_TRANSACTION, "session"): Kind.ASYNC_SESSION,
        (Kind.ASYNC_TRANSACTION, "connection"): Kind.ASYNC_CONNECTION,
        (Kind.INSTANCE_STATE, "async_session"): Kind.ASYNC_SESSION,
        (Kind.INSTANCE_STATE, "session"): Kind.SESSION,
    }
)

# Every name some asyncio class has as a coroutine: what to search the bytes for.
ALL_COROUTINES: tuple[str, ...] = tuple(
    sorted(frozenset().union(*(names for kind, names in COROUTINES.items() if kind not in DRIVER_KINDS)))
)
# And every one of a driver's own classes that SQLAlchemy's do not have.
DRIVER_COROUTINES: tuple[str, ...] = tuple(
    sorted(frozenset().union(*(COROUTINES[kind] for kind in DRIVER_KINDS)).difference(ALL_COROUTINES))
)

# Names of which an awaited call tells a session or connection, with the library in sight.
TELLING = words(
    """commit rollback flush execute exec scalar scalars refresh stream stream_scalars run_sync
    get_one"""
)

# Names of which an awaited call tells a driver's own connection instead: no session has a method called so.
TELLING_DRIVERS = frozenset(name for name in DRIVER_COROUTINES if name.startswith(("fetch", "execute")))
