"""Sends every connection of this process to the throw-away server, whatever address is asked for; runs in the child.

The drivers' own connect functions are replaced before the application is imported, so that settings, a URL in
alembic.ini, `creator=` and a revision's own engine all end at the same place. A dialect other than PostgreSQL is refused.
"""

from __future__ import annotations

import importlib
import os
import re
from typing import Any, Callable  # noqa: UP035 - the application's Python may be older than ours
from urllib.parse import quote

URL = re.compile(r"(postgres(?:ql)?(?:\+\w+)?)://")
# What of a connection string says where and how to log in; everything else (options, timeouts) is the application's.
# fmt: off
ADDRESS = frozenset({
    "dsn", "host", "hostaddr", "port", "user", "password", "database", "dbname", "passfile", "service", "servicefile",
    "ssl", "direct_tls", "sslmode", "sslcert", "sslkey", "sslpassword", "sslrootcert", "sslcrl", "sslcrldir",
    "sslnegotiation", "ssl_context", "channel_binding", "require_auth", "requirepeer", "gssencmode", "krbsrvname",
    "gsslib", "target_session_attrs", "unix_sock", "load_balance_hosts",
})
OF_LIBPQ = frozenset({
    "PGHOST", "PGHOSTADDR", "PGPORT", "PGDATABASE", "PGUSER", "PGPASSWORD", "PGPASSFILE", "PGSERVICE", "PGSERVICEFILE",
    "PGOPTIONS", "PGREQUIREAUTH", "PGREQUIREPEER", "PGCHANNELBINDING", "PGTARGETSESSIONATTRS",
})
# fmt: on


class Elsewhere(Exception):
    """A connection that would not have gone to the throw-away server; nothing was sent."""


class Redirect:
    """Where connections go: `address` has host, port, user and password; `database` changes from step to step.

    `asked` collects the addresses the application wanted, without passwords.
    """

    def __init__(self, address: dict[str, Any], database: str) -> None:
        self.address = address
        self.database = database
        self.asked: set[str] = set()
        self.round = 0
        urls = {name: URL.match(value) for name, value in os.environ.items()}
        self._schemes = {name: found.group(1) for name, found in urls.items() if found}

    def arguments(self, wanted: dict[str, Any], name_of_database: str) -> dict[str, Any]:
        """The keyword arguments of a driver's connect, with the throw-away server's address in place of the one asked for."""
        host, database = wanted.get("host") or "", wanted.get("database") or wanted.get("dbname") or ""
        self.asked.add("{}:{}/{}".format(host, wanted.get("port") or "", database))
        kept = {key: value for key, value in wanted.items() if key not in ADDRESS}
        return dict(kept, **self.address, **{name_of_database: self.database})

    def install(self) -> None:
        """Replace the connect functions of every PostgreSQL driver that is installed."""
        for name, patch in DRIVERS.items():
            try:
                module = importlib.import_module(name)
            except ImportError:
                continue
            patch(self, module)
        self._pass_on_to_programs()
        self._refuse_other_dialects()
        self._renew_pooled()

    def _pass_on_to_programs(self) -> None:
        for name in [name for name in os.environ if name in OF_LIBPQ or name.startswith(("PGSSL", "PGGSS"))]:
            del os.environ[name]
        names = {"PGHOST": "host", "PGPORT": "port", "PGUSER": "user", "PGPASSWORD": "password"}
        os.environ.update({name: str(self.address[key]) for name, key in names.items()})

    def use(self, database: str) -> None:
        """Let the next connections go to this database, and none that is kept in a pool be used again."""
        self.database = os.environ["PGDATABASE"] = database
        # A program that a revision starts reads the environment: no URL in it leads to another server.
        os.environ.update({name: self._url(scheme) for name, scheme in self._schemes.items()})
        self.round += 1

    def _url(self, scheme: str) -> str:
        told = {key: quote(str(value), safe="") for key, value in self.address.items()}
        place = f"@/{self.database}?host={told['host']}&port={told['port']}"
        if not str(self.address["host"]).startswith("/"):
            place = f"@{self.address['host']}:{told['port']}/{self.database}"
        return f"{scheme}://{told['user']}:{told['password']}{place}"

    def _refuse_other_dialects(self) -> None:
        from sqlalchemy import event
        from sqlalchemy.engine import Engine

        def refuse(dialect: Any, *_: Any) -> None:
            if dialect.name != "postgresql":
                raise Elsewhere(f"the application connects by {dialect.name}+{dialect.driver}, not to PostgreSQL")

        event.listen(Engine, "do_connect", refuse)

    def _renew_pooled(self) -> None:
        """A connection kept from an earlier step is of another database, and of an event loop that has ended."""
        from sqlalchemy import event, exc
        from sqlalchemy.pool import Pool

        def connected(_: Any, record: Any) -> None:
            record.info["forge_doctor_round"] = self.round

        def checked_out(_: Any, record: Any, *__: Any) -> None:
            if record.info.get("forge_doctor_round") != self.round:
                raise exc.DisconnectionError("of an earlier step")

        event.listen(Pool, "connect", connected)
        event.listen(Pool, "checkout", checked_out)


def _asyncpg(redirect: Redirect, module: Any) -> None:
    original = module.connection.connect

    async def connect(dsn: Any = None, **wanted: Any) -> Any:
        return await original(**redirect.arguments(dict(_of_url(dsn), **wanted), "database"))

    module.connect = module.connection.connect = connect


def _psycopg(redirect: Redirect, module: Any) -> None:
    def wanted_of(conninfo: str, given: dict[str, Any]) -> dict[str, Any]:
        return redirect.arguments(dict(module.conninfo.conninfo_to_dict(conninfo), **given), "dbname")

    def patched(original: Any) -> Any:
        def connect(cls: Any, /, conninfo: str = "", **given: Any) -> Any:
            return original.__func__(cls, "", **wanted_of(conninfo, given))

        return classmethod(connect)

    for one in (module.Connection, module.AsyncConnection):
        one.connect = patched(one.connect)
    module.connect = module.Connection.connect


def _psycopg2(redirect: Redirect, module: Any) -> None:
    original = module.connect
    extensions = importlib.import_module("psycopg2.extensions")

    def connect(dsn: Any = None, connection_factory: Any = None, cursor_factory: Any = None, **wanted: Any) -> Any:
        told = dict(extensions.parse_dsn(dsn) if dsn else {}, **wanted)
        arguments = redirect.arguments(told, "dbname")
        return original(None, connection_factory, cursor_factory, **arguments)

    module.connect = connect


def _pg8000(redirect: Redirect, module: Any) -> None:
    original = module.dbapi.connect

    def connect(*positional: Any, **wanted: Any) -> Any:
        names = ("user", "host", "database", "port", "password")
        return original(
            **redirect.arguments(dict({names[at]: value for at, value in enumerate(positional)}, **wanted), "database")
        )

    module.connect = module.dbapi.connect = connect


def _of_url(dsn: Any) -> dict[str, Any]:
    """Host and database of a URL, for the record alone."""
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(str(dsn)) if dsn else None
        return {"host": parts.hostname, "port": parts.port, "database": parts.path.strip("/")} if parts else {}
    except ValueError:
        return {}


DRIVERS: dict[str, Callable[[Redirect, Any], None]] = {
    "asyncpg": _asyncpg,
    "psycopg": _psycopg,
    "psycopg2": _psycopg2,
    "pg8000": _pg8000,
}
