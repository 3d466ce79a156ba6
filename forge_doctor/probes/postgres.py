"""One read-only look at a PostgreSQL server over one connection; it never writes and leaves no session state behind.

Settings are SET LOCAL in a read-only transaction, sent in the message that begins it: a pooler in transaction
mode refuses them at connect, and would hand a session's settings on to the next client.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from forge_doctor.errors import CannotInspect
from forge_doctor.probes import postgres_errors as errors
from forge_doctor.probes.greeting import Listener, identify, resolve
from forge_doctor.probes.postgres_errors import QueryFailed, ServerError, Unreachable
from forge_doctor.probes.redaction import redact
from forge_doctor.probes.target import Target

if TYPE_CHECKING:
    import asyncpg

APPLICATION_NAME = "forge-doctor"
IDENTIFY_S = 0.4
GRACE_S = 1.0  # for the answer to travel, beyond the server's own statement_timeout

Row = Mapping[str, Any]
Fetch = Callable[..., Awaitable[tuple[Row, ...]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryLimits:
    """How long a statement may run and wait for a lock, on the server."""

    statement_s: float = 2.0
    lock_s: float = 0.1


DEFAULT_LIMITS = QueryLimits()


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """A session on a server; `target` has the one host that answered. `version_num` is 150018 for 15.18."""

    target: Target
    version_num: int
    driver: asyncpg.Connection[Any] = field(repr=False)

    def close(self) -> None:
        """End it without waiting for the server."""
        self.driver.terminate()


async def connect(target: Target, *, connect_timeout_s: float = 3.0) -> Connection:
    """The first of the target's hosts that gives a session.

    Raises `NoSlotLeft` where every slot is taken, else `CannotInspect`, within `connect_timeout_s` in all.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + connect_timeout_s
    failures: list[str] = []
    for position, host in enumerate(target.hosts):
        share_s = (deadline - loop.time()) / (len(target.hosts) - position)
        try:
            return await _connect(target.at(host), share_s)
        except Unreachable as failure:
            if len(target.hosts) == 1:
                raise
            failures.append(str(failure))
    raise CannotInspect(f"none of the {len(target.hosts)} hosts gave a session: " + "; ".join(failures))


@asynccontextmanager
async def read_only(connection: Connection, limits: QueryLimits = DEFAULT_LIMITS) -> AsyncIterator[Fetch]:
    """A read-only transaction: `async with read_only(connection) as fetch: rows = await fetch(sql, *arguments)`.

    A statement that fails (`QueryFailed`) ends the transaction: what may fail belongs in one of its own.
    """

    async def fetch(sql: str, *arguments: Any) -> tuple[Row, ...]:
        records = await _bounded(connection, limits, connection.driver.fetch(sql, *arguments))
        return tuple(dict(record) for record in records)

    await _bounded(connection, limits, connection.driver.execute(_begin(limits)))
    try:
        yield fetch
    except asyncio.CancelledError:
        connection.close()  # the driver may be in the middle of a statement
        raise
    finally:
        if not connection.driver.is_closed():
            await _bounded(connection, limits, connection.driver.execute("COMMIT"))


async def fetch_rows(
    connection: Connection, sql: str, *arguments: Any, limits: QueryLimits = DEFAULT_LIMITS
) -> tuple[Row, ...]:
    """The rows of one statement in a read-only transaction of its own."""
    async with read_only(connection, limits) as fetch:
        return await fetch(sql, *arguments)


def _begin(limits: QueryLimits) -> str:
    settings = {
        "statement_timeout": f"{limits.statement_s * 1000:.0f}ms",
        "lock_timeout": f"{limits.lock_s * 1000:.0f}ms",
        "idle_in_transaction_session_timeout": "10s",  # should this process be stopped
        "search_path": "pg_catalog",  # no function of a user's stands in for a system one
    }
    return "BEGIN READ ONLY; " + "; ".join(f"SET LOCAL {name} = '{value}'" for name, value in settings.items())


async def _bounded(connection: Connection, limits: QueryLimits, answer: Awaitable[Any]) -> Any:
    """The answer, or an error within the limit even where the server has stopped answering."""
    import asyncpg

    label = connection.target.label
    limit_s = limits.statement_s + GRACE_S
    try:
        async with asyncio.timeout(limit_s):
            return await answer
    except TimeoutError:
        connection.close()
        raise Unreachable(f"{label}: no answer to a query within {limit_s:g} s; the server or network hangs") from None
    except (OSError, asyncpg.InterfaceError, asyncpg.PostgresConnectionError) as error:
        connection.close()
        raise Unreachable(f"{label}: the connection was lost: {redact(str(error))}") from None
    except asyncpg.PostgresError as error:
        raise _failed_query(connection.target, limits, error) from None


def _failed_query(target: Target, limits: QueryLimits, error: asyncpg.PostgresError) -> QueryFailed:
    sqlstate, what = error.sqlstate or "", redact(str(error))
    if sqlstate == "57014":
        what = f"a query took longer than {limits.statement_s:g} s and was given up"
    elif sqlstate == "42501":
        what = f'{what}; run as a superuser: GRANT pg_monitor TO "{target.user}"'
    return QueryFailed(f"{target.label}: {what} (SQLSTATE {sqlstate})", sqlstate=sqlstate)


async def _connect(target: Target, limit_s: float) -> Connection:
    """One host, every way of failing in the user's words."""
    import asyncpg

    identify_s = min(IDENTIFY_S, limit_s / 4)
    deadline = asyncio.get_running_loop().time() + limit_s - identify_s
    await _resolve(target, deadline, limit_s)
    try:
        async with asyncio.timeout_at(deadline):
            driver = await asyncpg.connect(**_arguments(target), timeout=None)
    except TimeoutError:
        raise await _timed_out(target, identify_s, limit_s) from None
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
        raise await _refusal(target, error, identify_s) from None
    return _connection(target, driver)


async def _resolve(target: Target, deadline: float, limit_s: float) -> None:
    host = target.hosts[0]
    try:
        async with asyncio.timeout_at(deadline):
            await resolve(host)
    except TimeoutError:
        raise errors.timed_out(target, limit_s, f"no name server answered for {host.name!r}") from None
    except OSError as error:
        raise errors.refused_network(target, error) from None


async def _timed_out(target: Target, identify_s: float, limit_s: float) -> CannotInspect:
    listener, seen = await identify(target.hosts[0], identify_s)
    if listener is Listener.FOREIGN:
        return errors.not_postgres(target, seen)
    return errors.timed_out(target, limit_s, seen)


async def _refusal(target: Target, error: Exception, identify_s: float) -> CannotInspect:
    """What the driver's exception means, after a look at what listens there where it does not say."""
    import asyncpg

    if isinstance(error, asyncpg.PostgresError) and getattr(error, "severity", None):
        return errors.refused_session(target, _server_error(error))
    if isinstance(error, ssl.SSLError):
        return errors.certificate_problem(target, str(error))
    if isinstance(error, asyncpg.TargetServerAttributeNotMatched):
        return Unreachable(f"{target.label}: the server is not {target.session_attributes}")
    by_driver = isinstance(error, asyncpg.InterfaceError | asyncpg.InternalClientError)
    if by_driver and not isinstance(error, asyncpg.ProtocolError):
        return errors.refused_by_driver(target, str(error.args[0]))
    refusal = errors.refused_network(target, error if isinstance(error, OSError) else ConnectionError(str(error)))
    if not refusal.lost:
        return refusal
    listener, seen = await identify(target.hosts[0], identify_s)
    if listener is Listener.FOREIGN:
        return errors.not_postgres(target, seen)
    return errors.no_tls(target) if "rejected SSL upgrade" in str(error) else refusal


def _connection(target: Target, driver: asyncpg.Connection[Any]) -> Connection:
    version = driver.get_server_version()
    return Connection(target=target, version_num=version.major * 10000 + version.micro, driver=driver)


def _arguments(target: Target) -> dict[str, Any]:
    """All that asyncpg would else take from the environment is given, so that nothing else counts."""
    host = target.hosts[0]
    tls = {
        "sslmode": "disable" if host.is_socket else target.tls.mode,
        "sslrootcert": target.tls.root_cert,
        "sslcert": target.tls.cert,
        "sslkey": target.tls.key,
        "sslpassword": target.tls.key_password.reveal() if target.tls.key_password else "",
    }
    arguments: dict[str, Any] = {
        "dsn": "postgresql://?" + urlencode({key: value for key, value in tls.items() if value}),
        "host": host.name,
        "port": host.port,
        "user": target.user,
        "password": host.password.reveal() if host.password else "",
        "database": target.database,
        "direct_tls": target.tls.direct,
        "target_session_attrs": target.session_attributes,
        "server_settings": {"application_name": APPLICATION_NAME},
        "statement_cache_size": 0,  # a pooler in transaction mode loses named statements
    }
    if target.tls.root_cert == "system" and target.tls.mode.demanded:
        arguments["ssl"] = ssl.create_default_context()
    return arguments


def _server_error(error: asyncpg.PostgresError) -> ServerError:
    return ServerError(
        sqlstate=error.sqlstate or "",
        message=error.args[0] if error.args else "",
        routine=getattr(error, "server_source_function", None) or "",
    )
