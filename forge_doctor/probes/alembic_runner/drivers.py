"""The URL by which an application's own driver reaches a database; runs in the child, connects to nothing."""

from __future__ import annotations

import importlib.util
from typing import Any

PREFERRED = ("psycopg", "psycopg2", "asyncpg", "pg8000")


def engine_url(address: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """The URL and the arguments of connect, for the first PostgreSQL driver that is installed."""
    from sqlalchemy import URL

    installed = [one for one in PREFERRED if importlib.util.find_spec(one)]
    if not installed:
        raise ModuleNotFoundError(f"no PostgreSQL driver is installed here: {', '.join(PREFERRED)}")
    driver = installed[0]
    socket = str(address["host"]).startswith("/")
    url = URL.create(
        f"postgresql+{driver}",
        username=address["user"],
        password=address["password"] or None,
        host=None if socket else address["host"],
        port=None if socket else address["port"],
        database=address["database"],
    )
    return url, _arguments(driver, address, socket)


def _arguments(driver: str, address: dict[str, Any], socket: bool) -> dict[str, Any]:
    arguments: dict[str, Any] = {}
    if socket:
        key = "unix_sock" if driver == "pg8000" else "host"
        place = f"{address['host']}/.s.PGSQL.{address['port']}" if driver == "pg8000" else address["host"]
        arguments = {key: place} if driver == "pg8000" else {key: place, "port": address["port"]}
    tls = address["tls"]
    if driver in ("psycopg", "psycopg2"):
        return {**arguments, **tls, "application_name": "forge-doctor"}
    if driver == "asyncpg" and not socket and tls.get("sslmode"):
        arguments["ssl"] = tls["sslmode"]
    name = (
        {"server_settings": {"application_name": "forge-doctor"}}
        if driver == "asyncpg"
        else {"application_name": "forge-doctor"}
    )
    # A pooler in transaction mode loses named statements.
    return {**arguments, **name, **({"statement_cache_size": 0} if driver == "asyncpg" else {})}
