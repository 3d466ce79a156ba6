"""Connection strings as users write them, URL or keyword/value, into libpq's parameters; it connects to nothing.

A URL may hold a password whose `@`, `/`, `?` or `%` nobody escaped: the standard reading is taken where it
stands, else the one in which the last `@` that leaves a sound address behind it ends the password.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from urllib.parse import unquote_to_bytes

from forge_doctor.check import nearest
from forge_doctor.dataclass import dataclass
from forge_doctor.errors import UsageProblem
from forge_doctor.redaction import redact_dsn
from forge_doctor.regex import regex

SCHEMES = frozenset({"postgresql", "postgres", "pgsql", "psql", "postgis", "asyncpg", "psycopg"})
EXAMPLE = "postgresql://user:password@host:5432/database"

# The parameters used here; libpq's others are accepted and passed over.
# fmt: off
USED = frozenset({
    "host", "hostaddr", "port", "user", "password", "dbname", "passfile", "service", "sslmode", "sslrootcert",
    "sslcert", "sslkey", "sslpassword", "sslnegotiation", "target_session_attrs", "require_auth", "requirepeer", "sslcrl",
    "ssl_min_protocol_version", "ssl_max_protocol_version", "channel_binding", "gssencmode", "sslcrldir", "sslcertmode",
    "requiressl",
})
PASSED_OVER = frozenset({
    "application_name", "client_encoding", "connect_timeout", "fallback_application_name",
    "gssdelegation", "gsslib", "keepalives", "keepalives_count", "keepalives_idle",
    "keepalives_interval", "krbsrvname", "load_balance_hosts", "max_protocol_version", "min_protocol_version",
    "options", "replication", "scram_client_key", "scram_server_key",
    "servicefile", "sslcompression", "sslkeylogfile", "sslsni", "tcp_user_timeout",
})
# fmt: on
# asyncpg's and others' `ssl` parameter, in libpq's words.
SSL_WORDS: Mapping[str, str] = MappingProxyType(
    {"true": "require", "1": "require", "on": "require", "false": "disable", "0": "disable", "off": "disable"}
)

_HOST = r"(?:\[[0-9A-Fa-f:.%\w]+\]|[^\s@/?:,\[\]]*)(?::\d+)?"
_ADDRESS = regex(rf"(?P<hosts>{_HOST}(?:,{_HOST})*)(?:/(?P<database>[^/?@]*))?(?:\?(?P<query>.*))?", re.DOTALL)
_QUERY = regex(r"(?:[\w.-]+=[^&]*(?:&|$))*")
_SCHEME = regex(r"([A-Za-z][\w+.:-]*?)://(.*)", re.DOTALL)
_KEYWORD = regex(
    r"\s*(?P<key>\w+)\s*=\s*(?P<value>'(?:\\.|[^'\\])*'|(?:\\.|[^'\s\\])(?:\\.|[^\s\\])*|)(?=\s|$)", re.DOTALL
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A connection string and where it stood (`--dsn`, `DATABASE_URL`)."""

    text: str
    source: str

    def problem(self, what: str) -> UsageProblem:
        """`what` is wrong with it, naming it without its password."""
        return UsageProblem(f"{self.source}: {redact_dsn(self.text)!r} {what}")


def parse_conninfo(written: Written) -> Mapping[str, str]:
    """The parameters a connection string sets; raises `UsageProblem` naming it without its password."""
    scheme = _SCHEME.fullmatch(written.text.strip())
    if scheme is not None:
        _check_scheme(scheme[1], written)
        return _parse_url(scheme[2], written)
    if "=" in written.text and "//" not in written.text.split("=")[0]:
        return _parse_keywords(written)
    raise written.problem(f"is not a PostgreSQL URL: write {EXAMPLE}")


def _check_scheme(scheme: str, written: Written) -> None:
    dialect = scheme.lower().split("+")[0]
    if dialect in SCHEMES:
        return
    if scheme.lower().startswith("jdbc:"):
        raise written.problem(f"is a JDBC URL: write {EXAMPLE}")
    if dialect in {"postgressql", "postgre", "postgresq", "postgressq", "pg"}:
        raise written.problem(f"has the unknown scheme {scheme!r}: write {EXAMPLE}")
    raise written.problem(f"is an address of {dialect}, and only PostgreSQL is examined: write {EXAMPLE}")


def _parse_url(rest: str, written: Written) -> Mapping[str, str]:
    for userinfo, address in _readings(rest):
        match = _ADDRESS.fullmatch(address)
        if match is not None and _QUERY.fullmatch(match["query"] or ""):
            user, _, password = userinfo.partition(":")
            own = {"user": decode(user), "password": decode(password), "dbname": decode(match["database"] or "")}
            hosts, ports = _split_hosts(match["hosts"].split(","))
            own |= {"host": hosts if hosts.strip(",") else "", "port": ports if ports.strip(",") else ""}
            return {key: value for key, value in own.items() if value} | _parse_query(match["query"] or "")
    raise written.problem(f"cannot be read as a PostgreSQL URL: write {EXAMPLE}, with % signs for special characters")


def _readings(rest: str) -> Iterator[tuple[str, str]]:
    """(userinfo, address) pairs, the standard one first."""
    authority = re.split(r"[/?]", rest, maxsplit=1)[0]
    standard = authority.rfind("@")
    yield rest[: max(standard, 0)], rest[standard + 1 :]
    position = rest.rfind("@")
    while position >= 0:
        yield rest[:position], rest[position + 1 :]
        position = rest.rfind("@", 0, position)


def _split_hosts(hosts: list[str]) -> tuple[str, str]:
    """`a:1,[::1]:2` as libpq's host and port lists."""
    names, ports = [], []
    for host in hosts:
        name, port = re.fullmatch(r"(\[.*\]|[^:]*)(?::(\d*))?", host).groups("")  # type: ignore[union-attr]
        names.append(decode(name.strip("[]")))
        ports.append(port)
    return ",".join(names), ",".join(ports)


def _parse_query(query: str) -> dict[str, str]:
    """Parameters of a URL; those of SQLAlchemy or a driver that say nothing of the address are left out."""
    found: dict[str, str] = {}
    for pair in filter(None, query.split("&")):
        key, _, value = pair.partition("=")
        key, value = {"database": "dbname"}.get(key, key), decode(value)
        if key == "ssl":
            found.setdefault("sslmode", SSL_WORDS.get(value.lower(), value))
        elif key == "host":
            found |= _query_hosts(value, found)
        elif key in USED and value:
            found[key] = value
    return found


def _query_hosts(value: str, found: Mapping[str, str]) -> dict[str, str]:
    """SQLAlchemy repeats `host=name:port`; libpq has one list of names beside a list of ports."""
    names, ports = _split_hosts([f"[{value}]"] if value.count(":") > 1 and "]" not in value else value.split(","))
    hosts = f"{found['host']},{names}" if "host" in found else names
    if not ports.strip(","):
        return {"host": hosts}
    return {"host": hosts, "port": f"{found['port']},{ports}" if "port" in found else ports}


def _parse_keywords(written: Written) -> Mapping[str, str]:
    found: dict[str, str] = {}
    position, text = 0, written.text.rstrip()
    while position < len(text):
        match = _KEYWORD.match(text, position)
        if match is None:
            raise written.problem("cannot be read: write key=value pairs, a value with spaces in single quotes")
        key, value = match["key"], match["value"]
        if key not in USED | PASSED_OVER:
            raise written.problem(f"has the unknown keyword {key!r}{nearest(key, USED)}")
        found[key] = re.sub(r"(?s)\\(.)", r"\1", value[1:-1] if value.startswith("'") else value)
        position = match.end()
    return {key: value for key, value in found.items() if key in USED and value}


def decode(text: str) -> str:
    """Percent escapes resolved; a percent sign that begins none, or no UTF-8, stays as it is."""
    try:
        return unquote_to_bytes(text).decode()
    except UnicodeDecodeError:
        return text
