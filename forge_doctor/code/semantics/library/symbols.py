"""What names of SQLAlchemy, SQLModel, advanced-alchemy, drivers, plugins that lend sessions, and the standard library stand for,
by path; imports none.
"""

from __future__ import annotations

from forge_doctor.code.semantics.library.kinds import Kind, Value
from forge_doctor.finding import Confidence
from forge_doctor.regex import regex

ASYNC_CLASSES = {
    "AsyncSession": Kind.ASYNC_SESSION,
    "async_scoped_session": Kind.ASYNC_SCOPED,
    "async_sessionmaker": Kind.ASYNC_FACTORY,
    "AsyncConnection": Kind.ASYNC_CONNECTION,
    "AsyncEngine": Kind.ASYNC_ENGINE,
    "AsyncResult": Kind.ASYNC_RESULT,
    "AsyncScalarResult": Kind.ASYNC_RESULT,
    "AsyncMappingResult": Kind.ASYNC_RESULT,
    "AsyncTupleResult": Kind.ASYNC_RESULT,
    "AsyncTransaction": Kind.ASYNC_TRANSACTION,
    "AsyncSessionTransaction": Kind.ASYNC_TRANSACTION,
}
SYNC_CLASSES = {
    "Session": Kind.SESSION,
    "scoped_session": Kind.SCOPED,
    "sessionmaker": Kind.FACTORY,
    "Connection": Kind.CONNECTION,
    "Engine": Kind.ENGINE,
    "Result": Kind.RESULT,
    "ScalarResult": Kind.RESULT,
    "MappingResult": Kind.RESULT,
    "CursorResult": Kind.RESULT,
    "ChunkedIteratorResult": Kind.RESULT,
    "SessionTransaction": Kind.TRANSACTION,
    "Transaction": Kind.TRANSACTION,
}
MAKERS = {
    "create_async_engine": Kind.ASYNC_ENGINE,
    "async_engine_from_config": Kind.ASYNC_ENGINE,
    "create_async_pool_from_url": Kind.OTHER,
    "create_engine": Kind.ENGINE,
    "engine_from_config": Kind.ENGINE,
    "async_object_session": Kind.ASYNC_SESSION,
    "object_session": Kind.SESSION,
    "inspect": Kind.INSTANCE_STATE,
}
# They give the session that a mapped object is in, and make none.
OBJECT_SESSIONS = frozenset({"async_object_session", "object_session"})
LIBRARIES = ("sqlalchemy", "sqlmodel")
# advanced-alchemy's own name, and what passes its classes on.
ADVANCED_ALCHEMY = ("advanced_alchemy", "litestar")
# Its classes by the last part of their names: `SQLAlchemyAsyncSlugRepository`, `…RepositoryService`.
ASYNC_REPOSITORY = regex(r"\.SQLAlchemyAsync\w{0,40}Repository$")
ASYNC_SERVICE = regex(r"\.SQLAlchemyAsync\w{0,40}Service$")
# Of plugins of NoneBot: what they lend, and how. The scoped session of nonebot-plugin-orm is a session to who is given it: the
# plugin removes it after each event.
LENT_SESSIONS = {
    "nonebot_plugin_orm.get_session": Kind.CALLABLE,
    "nonebot_plugin_orm.get_scoped_session": Kind.CALLABLE,
    "nonebot_plugin_orm.AsyncSession": Kind.CLASS,
    "nonebot_plugin_orm.async_scoped_session": Kind.CLASS,
    "nonebot_plugin_datastore.create_session": Kind.CALLABLE,
    "nonebot_plugin_datastore.db.create_session": Kind.CALLABLE,
}
# Packages whose sessions and connections talk HTTP or to something else.
LOOKALIKES = frozenset(
    """aiohttp httpx requests requests_html curl_cffi neo4j aiobotocore aioboto3 boto3 cassandra telethon contextvars
    unittest asyncmock redis flask starlette aiosqlite asyncpg sqlite3 psycopg2 MySQLdb pymysql aiomysql asyncmy
    mysql pyodbc aioodbc oracledb cx_Oracle duckdb""".split()  # noqa: SIM905 - a table, read as text
)

ASYNCPG_CLASSES = {
    "Connection": Kind.ASYNCPG_CONNECTION,
    "Pool": Kind.ASYNCPG_POOL,
    "PoolConnectionProxy": Kind.ASYNCPG_CONNECTION,
    "PreparedStatement": Kind.ASYNCPG_STATEMENT,
    "Transaction": Kind.ASYNCPG_TRANSACTION,
}
DATABASES_CLASSES = {
    "Database": Kind.DATABASES_POOL,
    "Connection": Kind.DATABASES_CONNECTION,
    "Transaction": Kind.DATABASES_TRANSACTION,
}
# Of `psycopg` and `psycopg_pool`; the sync twins have no `Async` before their names.
PSYCOPG_CLASSES = {
    "AsyncConnection": Kind.PSYCOPG_CONNECTION,
    "AsyncCursor": Kind.PSYCOPG_CURSOR,
    "AsyncServerCursor": Kind.PSYCOPG_CURSOR,
    "AsyncConnectionPool": Kind.PSYCOPG_POOL,
    "AsyncNullConnectionPool": Kind.PSYCOPG_POOL,
}

GENERIC = {
    "AsyncGenerator": Kind.ASYNC_ITERATOR,
    "AsyncIterator": Kind.ASYNC_ITERATOR,
    "AsyncIterable": Kind.ASYNC_ITERATOR,
    "Generator": Kind.ITERATOR,
    "Iterator": Kind.ITERATOR,
    "Iterable": Kind.ITERATOR,
    "AsyncContextManager": Kind.ASYNC_CONTEXT,
    "AbstractAsyncContextManager": Kind.ASYNC_CONTEXT,
    "_AsyncGeneratorContextManager": Kind.ASYNC_CONTEXT,
    "ContextManager": Kind.CONTEXT,
    "AbstractContextManager": Kind.CONTEXT,
    "Awaitable": Kind.COROUTINE,
    "Coroutine": Kind.COROUTINE,
    "Future": Kind.COROUTINE,
    "Task": Kind.COROUTINE,
    "Callable": Kind.CALLABLE,
    **dict.fromkeys(
        ("list", "List", "set", "Set", "frozenset", "FrozenSet", "Sequence", "MutableSequence", "Collection", "deque"),
        Kind.COLLECTION,
    ),
    **dict.fromkeys(
        ("dict", "Dict", "defaultdict", "DefaultDict", "OrderedDict", "Mapping", "MutableMapping"), Kind.MAPPING
    ),
    "ContextVar": Kind.CONTEXT_VAR,
    "type": Kind.CLASS,
    "Type": Kind.CLASS,
}
# `X[T]` means just T to us.
TRANSPARENT = frozenset(
    {"Annotated", "Optional", "Final", "ClassVar", "Required", "NotRequired", "InitVar", "FromDishka"}
)

# Attributes by which a framework's generic gives the application's own object: `info.context` of `Info[Context, None]`.
APPLICATION_OBJECTS = frozenset({"context", "ctx", "deps", "lifespan_context", "root_value", "state", "userdata"})

DEPENDS = frozenset({"Depends", "Security", "Provide", "Inject", "FromDishka", "TaskiqDepends"})
ASYNC_MANAGER_DECORATORS = frozenset({"asynccontextmanager"})
MANAGER_DECORATORS = frozenset({"contextmanager"})
PROPERTY_DECORATORS = frozenset(
    {"property", "cached_property", "hybrid_property", "async_property", "classproperty", "class_property"}
)
# Decorators that leave what a function returns as it is.
HARMLESS_DECORATORS = frozenset(
    {"staticmethod", "classmethod", "abstractmethod", "override", "wraps", "cache", "lru_cache", "fixture", "overload",
     "deprecated"}
)  # fmt: skip
# Decorators of other libraries that wrap an `async def` in another, by their usual names.
WRAPPING_DECORATORS = frozenset(
    """alru_cache cached inject limit observe on_exception on_predicate retry timed timeit trace traced transactional
    validate_call validate_arguments""".split()  # noqa: SIM905 - a table, read as text
)


REPOSITORY_SESSION = Value(
    Kind.ASYNC_SESSION, confidence=Confidence.MEDIUM, why="the session of an asynchronous repository"
)


def is_async_repository(dotted: str) -> bool:
    """Whether it is a class of advanced-alchemy that keeps an AsyncSession in `session`."""
    return dotted.partition(".")[0] in ADVANCED_ALCHEMY and ASYNC_REPOSITORY.search(dotted) is not None


def is_async_service(dotted: str) -> bool:
    """Whether it is one that keeps such a repository in `repository`."""
    return dotted.partition(".")[0] in ADVANCED_ALCHEMY and ASYNC_SERVICE.search(dotted) is not None


def library_value(dotted: str) -> Value | None:
    """The class or function a dotted path of SQLAlchemy or SQLModel names; None where it is neither."""
    package, _, name = dotted.rpartition(".")
    if package.partition(".")[0] == "asyncpg":
        return _driver_value(dotted, name)
    if package.partition(".")[0] in ("psycopg", "psycopg_pool") and name in PSYCOPG_CLASSES:
        return Value(Kind.CLASS, of=Value(PSYCOPG_CLASSES[name]), name=dotted)
    if package in ("databases", "databases.core") and name in DATABASES_CLASSES:
        return Value(Kind.CLASS, of=Value(DATABASES_CLASSES[name]), name=dotted)
    if name == "SQLAlchemyAsyncConfig" and package.partition(".")[0] in ADVANCED_ALCHEMY:
        return Value(Kind.CLASS, of=Value(Kind.SESSION_CONFIG), name=dotted)
    if dotted in LENT_SESSIONS:
        return Value(LENT_SESSIONS[dotted], of=Value(Kind.ASYNC_SESSION, why=f"{name}()"), name=dotted)
    if package.partition(".")[0] not in LIBRARIES:
        return None
    if name in ASYNC_CLASSES and "asyncio" in package:
        return Value(Kind.CLASS, of=Value(ASYNC_CLASSES[name]), name=dotted)
    if name in SYNC_CLASSES and "asyncio" not in package:
        return Value(Kind.CLASS, of=Value(SYNC_CLASSES[name]), name=dotted)
    if name in MAKERS:
        return Value(Kind.CALLABLE, of=Value(MAKERS[name], why=f"{name}()"), name=dotted)
    return None


def _driver_value(dotted: str, name: str) -> Value | None:
    """The same for asyncpg: `connect()` is awaited, `create_pool()` awaited or entered."""
    if name in ASYNCPG_CLASSES:
        return Value(Kind.CLASS, of=Value(ASYNCPG_CLASSES[name]), name=dotted)
    if dotted == "asyncpg.connect":
        made = Value(Kind.ASYNCPG_CONNECTION, why="connect()")
        return Value(Kind.CALLABLE, of=Value(Kind.COROUTINE, of=made), name=dotted)
    if dotted == "asyncpg.create_pool":
        return Value(
            Kind.CALLABLE, of=Value(Kind.STARTABLE, of=Value(Kind.ASYNCPG_POOL, why="create_pool()")), name=dotted
        )
    return None
