"""One read-only look at a PostgreSQL server over one connection; it never writes and leaves no session state behind.

Settings are SET LOCAL in a read-only transaction, sent in the message that begins it: a pooler in transaction
mode refuses them at connect, and would hand a session's settings on to the next client.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any

from forge_doctor.dataclass import dataclass, field
from forge_doctor.errors import CannotInspect
from forge_doctor.probes.postgres.answer_size import LARGEST_ANSWER, AnswerSize
from forge_doctor.probes.postgres.errors import QueryFailed, Unreachable
from forge_doctor.probes.postgres.login import log_in, server_error
from forge_doctor.probes.postgres.target import Target
from forge_doctor.redaction import redact
from forge_doctor.sql.own import marked
from forge_doctor.sql.quoting import quote_identifier

if TYPE_CHECKING:
    import asyncpg

CONNECTION_LOST = ("08", "57P0")  # SQLSTATE: connection exceptions; shut down by somebody
# For the answer to travel, beyond the server's own statement_timeout.
GRACE_S = 1.0
# In a transaction that it has just begun: who answered is not gone, but busy, and may notice its own timeout late.
BUSY_GRACE_S = 10.0

LONGEST_REASON = 200
# What the driver or we raise for values that are of another type, shape or encoding than was asked for.
_UNREADABLE = (
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    AssertionError,
    BufferError,
    RecursionError,
)

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
    answer: AnswerSize = field(repr=False, default_factory=AnswerSize)

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
            return _connection(target.at(host), *await log_in(target.at(host), share_s))
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
        records = await _bounded(connection, limits, connection.driver.fetch(marked(sql), *arguments))
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


async def run_commands(connection: Connection, commands: str, limits: QueryLimits = DEFAULT_LIMITS) -> None:
    """Commands of ours that give no rows, one or several, in one round trip."""
    await _bounded(connection, limits, connection.driver.execute(marked(commands)))


async def fetch_rows(
    connection: Connection, sql: str, *arguments: Any, limits: QueryLimits = DEFAULT_LIMITS
) -> tuple[Row, ...]:
    """The rows of one statement in a read-only transaction of its own."""
    async with read_only(connection, limits) as fetch:
        return await fetch(sql, *arguments)


@asynccontextmanager
async def reads(connection: Connection, limits: QueryLimits = DEFAULT_LIMITS) -> AsyncIterator[Fetch]:
    """For statements that don't need each other, in as few read-only transactions as go: one that fails (`QueryFailed`)
    ends its own, and the next begins another. Statistics of the server stand still in a transaction."""
    opened = False

    async def close() -> None:
        nonlocal opened
        if opened and not connection.driver.is_closed():
            await run_commands(connection, "COMMIT", limits)
        opened = False

    async def fetch(sql: str, *arguments: Any) -> tuple[Row, ...]:
        nonlocal opened
        if not opened:
            await run_commands(connection, _begin(limits), limits)
            opened = True
        try:
            records = await _bounded(connection, limits, connection.driver.fetch(sql, *arguments))
        except QueryFailed:
            await close()
            raise
        return tuple(dict(record) for record in records)

    try:
        yield fetch
    except asyncio.CancelledError:
        connection.close()  # the driver may be in the middle of a statement
        raise
    finally:
        await close()


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
    begun = not connection.driver.is_closed() and connection.driver.is_in_transaction()
    limit_s = limits.statement_s + (BUSY_GRACE_S if begun else GRACE_S)
    connection.answer.asked()
    try:
        async with asyncio.timeout(limit_s):
            return await answer
    except TimeoutError:
        connection.close()
        hint = "the server or the network hangs, or a pooler has no free server connection"
        raise Unreachable(f"{label}: no answer to a query within {limit_s:g} s: {hint}") from None
    except asyncpg.PostgresError as error:
        if connection.answer.too_large:
            raise _endless(connection) from None
        raise _failed_query(connection, limits, error) from None
    except (OSError, asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
        connection.close()
        raise Unreachable(f"{label}: the connection was lost: {redact(str(error))}") from None
    except _UNREADABLE as error:
        connection.close()
        raise CannotInspect(_no_sense(connection, error)) from error


@contextmanager
def understood(connection: Connection) -> Iterator[None]:
    """Where rows become what we know: `CannotInspect` where they are not as PostgreSQL's."""
    try:
        yield
    except _UNREADABLE as error:
        raise CannotInspect(_no_sense(connection, error)) from error


def _no_sense(connection: Connection, error: Exception) -> str:
    told = redact(f"{type(error).__name__}: {error}", LONGEST_REASON)
    return (
        f"{connection.target.label}: its answers make no sense as PostgreSQL's ({told}): is it one, and not something that "
        f"speaks alike? Of PostgreSQL, please report it"
    )


def _endless(connection: Connection) -> CannotInspect:
    connection.close()
    return CannotInspect(
        f"{connection.target.label}: one answer would take more than {LARGEST_ANSWER >> 20} MB of memory, which none to what was asked "
        f"does: is it PostgreSQL? Of PostgreSQL, please report it"
    )


def _failed_query(connection: Connection, limits: QueryLimits, error: asyncpg.PostgresError) -> CannotInspect:
    target, answer = connection.target, server_error(error)
    if answer.sqlstate.startswith(CONNECTION_LOST):
        connection.close()
        return Unreachable(f"{target.label}: the connection was lost: {redact(str(error))}")
    what = redact(str(error))
    if answer.sqlstate == "57014":
        what = f"a query took longer than {limits.statement_s:g} s and was given up"
    elif answer.sqlstate == "42501":
        what = f"{what}; run as a superuser: GRANT pg_monitor TO {quote_identifier(target.user)}"
    return QueryFailed(f"{target.label}: {what} (SQLSTATE {answer.sqlstate})", sqlstate=answer.sqlstate)


def _connection(target: Target, driver: asyncpg.Connection[Any], answer: AnswerSize) -> Connection:
    version = driver.get_server_version()
    return Connection(target=target, version_num=version.major * 10000 + version.micro, driver=driver, answer=answer)
