"""Databases made on a throw-away server to be tried on and dropped; it touches none that it has not made."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

from forge_doctor.dataclass import dataclass, field
from forge_doctor.errors import CannotInspect
from forge_doctor.redaction import redact
from forge_doctor.sql.quoting import quote_identifier, quote_literal

if TYPE_CHECKING:
    import asyncpg

# What a database of ours says of itself: whoever is about to try something on it asks first.
TOKEN_SETTING = "forge_doctor.throw_away"  # noqa: S105
OTHERS = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()"


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where the server is and who to be there."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    database: str = "postgres"

    def arguments(self) -> dict[str, Any]:
        """As a driver takes them, without the database."""
        return {"host": self.host, "port": self.port, "user": self.user, "password": self.password}


class Session:
    """A connection to a database of ours."""

    def __init__(self, connection: asyncpg.Connection[Any]) -> None:
        self._connection = connection

    async def execute(self, statement: str) -> None:
        """Run statements without a result."""
        await self._connection.execute(statement)

    async def fetch(self, query: str) -> Sequence[Mapping[str, Any]]:
        """The rows of a query, as pairs of name and value."""
        return [dict(row) for row in await self._connection.fetch(query)]

    async def try_query(self, query: str) -> Sequence[Mapping[str, Any]] | None:
        """The rows, or None where the server refuses."""
        import asyncpg

        try:
            async with self._connection.transaction():
                return await self.fetch(query)
        except asyncpg.PostgresError:
            return None

    async def try_statements(self, *statements: str) -> str:
        """Run them in one transaction; the server's sentence where it refuses one, and then nothing is done."""
        import asyncpg

        try:
            async with self._connection.transaction():
                for statement in statements:
                    await self._connection.execute(statement)
        except asyncpg.PostgresError as error:
            return str(error).partition("\n")[0] or type(error).__name__
        return ""


class Databases:
    """Makes, copies and drops databases; each carries `token`, and the names begin with `prefix`."""

    def __init__(self, address: Address, admin: asyncpg.Connection[Any]) -> None:
        self.address = address
        self.token = secrets.token_hex(16)
        self.prefix = f"forge_doctor_{secrets.token_hex(4)}"
        self._admin = admin
        self._made: list[str] = []
        # A small database that nothing else writes to is copied faster as files (15+).
        self._strategy = " STRATEGY FILE_COPY" if admin.get_server_version().major >= 15 else ""

    async def make(self, label: str, template: str | None = None) -> str:
        """A new database, empty or a copy of another of ours; its name."""
        name = f"{self.prefix}_{label}"
        if template is not None:
            await self._admin.execute(OTHERS, template)
        copied = quote_identifier(template or "template0")
        self._made.append(name)
        await self._execute(f"CREATE DATABASE {quote_identifier(name)} TEMPLATE {copied}{self._strategy}")
        await self._execute(
            f"ALTER DATABASE {quote_identifier(name)} SET {TOKEN_SETTING} = {quote_literal(self.token)}"
        )
        return name

    async def drop(self, name: str) -> None:
        """Drop one of ours, whoever is connected to it."""
        if name in self._made:
            await self._execute(f"DROP DATABASE IF EXISTS {quote_identifier(name)} WITH (FORCE)")
            self._made.remove(name)

    async def make_role(self, role: str) -> None:
        """A role that the migrations name and a new server does not have."""
        await self._execute(f"CREATE ROLE {quote_identifier(role)}")

    async def drop_all(self) -> None:
        """Drop what is left."""
        for name in tuple(self._made):
            with suppress(CannotInspect):
                await self.drop(name)

    @asynccontextmanager
    async def session(self, name: str) -> AsyncIterator[Session]:
        """A connection of ours to one of them, in which system functions are those of the system."""
        connection = await _connect(self.address, name)
        try:
            await connection.execute("SET search_path = pg_catalog")
            yield Session(connection)
        finally:
            connection.terminate()

    async def _execute(self, statement: str) -> None:
        import asyncpg

        try:
            await self._admin.execute(statement)
        except asyncpg.PostgresError as error:
            raise CannotInspect(
                f"the throw-away server refused {statement.split(' ', 2)[0]}: {redact(str(error))}"
            ) from error


@asynccontextmanager
async def databases(address: Address) -> AsyncIterator[Databases]:
    """Databases on that server, all dropped when the block ends, also by Ctrl-C."""
    admin = await _connect(address, address.database)
    made = Databases(address, admin)
    try:
        yield made
    finally:
        dropping = asyncio.ensure_future(made.drop_all())
        while not dropping.done():
            with suppress(asyncio.CancelledError):
                await asyncio.shield(dropping)
        admin.terminate()


async def _connect(address: Address, database: str) -> asyncpg.Connection[Any]:
    import asyncpg

    try:
        return await asyncpg.connect(**address.arguments(), database=database, timeout=10)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        where = f"{address.host}:{address.port}/{database}"
        raise CannotInspect(f"{where}: the throw-away server gave no session: {redact(str(error))}") from error
