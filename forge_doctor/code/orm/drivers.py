"""Which database drivers are async, by the name in a URL, as SQLAlchemy 2.0 and 2.1 know them; loads none of them."""

from __future__ import annotations

from forge_doctor.code.orm.dsn import Dsn

ASYNC = frozenset(
    """asyncpg psycopg psycopg_async aiosqlite aiomysql asyncmy aioodbc oracledb oracledb_async""".split()  # noqa: SIM905
)
SYNC = frozenset(
    """psycopg2 psycopg2cffi pg8000 pymysql mysqldb mysqlconnector mariadbconnector cymysql pyodbc pymssql cx_oracle
    pysqlite pysqlcipher""".split()  # noqa: SIM905 - a table, read as text
)
# What a URL without a driver stands for. Where 2.0 and 2.1 differ, the first is 2.0's.
DEFAULTS = {
    "sqlite": ("pysqlite",),
    "mysql": ("mysqldb",),
    "mariadb": ("mysqldb",),
    "mssql": ("pyodbc",),
    "postgresql": ("psycopg2", "psycopg"),
    "oracle": ("cx_oracle", "oracledb"),
}
# Names that never were a dialect of SQLAlchemy 2.
UNKNOWN_DIALECTS = {"postgres": "postgresql"}
REPLACEMENTS = {
    "postgresql": "postgresql+asyncpg",
    "postgres": "postgresql+asyncpg",
    "sqlite": "sqlite+aiosqlite",
    "mysql": "mysql+asyncmy",
    "mariadb": "mariadb+asyncmy",
    "oracle": "oracle+oracledb",
    "mssql": "mssql+aioodbc",
}


def drivers_of(dsn: Dsn) -> tuple[str, ...]:
    """The driver, or those it may stand for; nothing where not known."""
    if not dsn.is_driver_known:
        return ()
    return (dsn.driver,) if dsn.driver else DEFAULTS.get(dsn.dialect, ())


def is_async_driver(dsn: Dsn) -> bool | None:
    """Whether `create_engine` makes an asyncio engine of it; None where not known.

    psycopg and oracledb are async only for `create_async_engine`.
    """
    drivers = drivers_of(dsn)
    if not drivers:
        return None
    both = {"psycopg", "oracledb"}
    return all(one in ASYNC - both for one in drivers) if all(one in ASYNC | SYNC for one in drivers) else None
