"""What a server's or the network's refusal means and what to type next; it never shows a password."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Literal

from forge_doctor.dataclass import dataclass
from forge_doctor.errors import CannotInspect
from forge_doctor.probes.postgres.target import Host, Target
from forge_doctor.redaction import redact
from forge_doctor.sql.quoting import quote_identifier, quote_shell

Limit = Literal["all", "reserved", "role", "database", "bouncer"]

CONNECTION_REFUSED, NO_SUCH_FILE, PERMISSION_DENIED, UNREACHABLE = {111, 61}, {2}, {13}, {101, 113, 51, 65}
# Where the server's C code gives up tells the limit in every language its messages come in;
# the sentences are for poolers, which pass on the text alone.
LIMIT_BY_ROUTINE: Mapping[str, Limit] = MappingProxyType(
    {"InitializeSessionUserId": "role", "CheckMyDatabase": "database", "InitPostgres": "reserved"}
)
LIMIT_BY_SENTENCE: Mapping[str, Limit] = MappingProxyType(
    {
        "too many connections for role": "role",
        "too many connections for database": "database",
        "connection slots are reserved": "reserved",
        "too many clients already": "all",
        "max_client_conn": "bouncer",
        "max_db_connections": "bouncer",
        "max_user_connections": "bouncer",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerError:
    """An ErrorResponse: SQLSTATE, sentence, and the C function that raised it (empty behind a pooler)."""

    sqlstate: str
    message: str
    routine: str = ""


class Unreachable(CannotInspect):
    """This address gave no session; another of the target's addresses may.

    `lost`: it took the connection and dropped it, which any kind of server may do.
    """

    def __init__(self, message: str, *, lost: bool = False) -> None:
        super().__init__(message)
        self.lost = lost


class QueryFailed(CannotInspect):
    """The server refused or abandoned one statement; `sqlstate` says which way (42501, 57014)."""

    def __init__(self, message: str, *, sqlstate: str) -> None:
        super().__init__(message)
        self.sqlstate = sqlstate


class NoSlotLeft(CannotInspect):
    """Every connection slot open to this role is taken (SQLSTATE 53300).

    `limit`: `all` slots, all but the `reserved` ones, those of the `role` or of the `database`
    (CONNECTION LIMIT), or those of the `bouncer` in front. `server_message` is its own sentence.
    """

    def __init__(self, target: Target, error: ServerError, limit: Limit) -> None:
        super().__init__(f"{target.label}: no connection slot left: {redact(error.message)}")
        self.target = target
        self.sqlstate = error.sqlstate
        self.server_message = redact(error.message)
        self.limit: Limit = limit


def limit_of(error: ServerError) -> Limit | None:
    """Which limit a refusal names; None where it is about something else."""
    for sentence, limit in LIMIT_BY_SENTENCE.items():
        if sentence in error.message:
            return limit
    return LIMIT_BY_ROUTINE.get(error.routine, "all") if error.sqlstate == "53300" else None


def refused_session(target: Target, error: ServerError) -> CannotInspect:
    """The server answered the login with an error."""
    limit = limit_of(error)
    if limit is not None:
        return NoSlotLeft(target, error, limit)
    if error.sqlstate == "57P03":
        return Unreachable(f"{target.label}: {redact(error.message)}; try again in a moment: {_is_ready(target)}")
    explain = _EXPLANATIONS.get(error.sqlstate) or _pooler_explanation(error.message)
    return CannotInspect(f"{target.label}: {redact(explain(target, error.message))}")


def refused_network(target: Target, error: OSError) -> Unreachable:
    """The operating system gave no connection, or ended it."""
    what = _network_problem(target.hosts[0], error)
    if what:
        return Unreachable(f"{target.label}: {what}")
    reason = redact(str(error)) or type(error).__name__
    return Unreachable(f"{target.label}: the connection was lost: {reason}; try: {_is_ready(target)}", lost=True)


def _network_problem(host: Host, error: OSError) -> str:
    # asyncio joins the errors of a name's addresses into one that has no number of its own.
    numbers = {int(number) for number in re.findall(r"Errno (-?\d+)", str(error))} | {error.errno}
    if type(error).__name__ == "gaierror":
        return f"the name {host.name!r} does not resolve ({error.strerror}); check it: getent hosts {quote_shell(host.name)}"
    if host.is_socket and numbers & NO_SUCH_FILE:
        return f"no socket .s.PGSQL.{host.port} in {host.name}; look for it: ls -a {quote_shell(host.name)}"
    if numbers & CONNECTION_REFUSED:
        check = f"pg_isready -h {quote_shell(host.name)} -p {host.port}"
        return f"connection refused, nothing listens there; check host and port: {check}"
    if numbers & PERMISSION_DENIED:
        return f"no permission to open the socket; check it: ls -la {quote_shell(host.name)}"
    if numbers & UNREACHABLE:
        return f"no route to the host; check it: ping {quote_shell(host.name)}"
    return ""


def refused_by_driver(target: Target, reason: str) -> CannotInspect:
    """The driver would not even try, or does not know what the server asks for."""
    if "certificate" in reason:
        return certificate_problem(target, reason)
    return CannotInspect(f"{target.label}: asyncpg cannot connect: {redact(reason)}")


def refused_tls(target: Target, reason: str) -> CannotInspect:
    """TLS was wanted and did not come about."""
    return CannotInspect(f"{target.label}: {reason}")


def certificate_problem(target: Target, reason: str) -> CannotInspect:
    """The server's or the own certificate will not do; `reason` is the TLS library's."""
    mode = target.tls.mode
    mend = "name the authority that signed it with sslrootcert=FILE, or look without verifying it: sslmode=require"
    if "doesn't match" in reason or "Hostname mismatch" in reason or "IP address mismatch" in reason:
        mend = "connect by the name in the certificate, or check the authority alone: sslmode=verify-ca"
    return refused_tls(target, f"TLS failed with sslmode={mode}: {redact(reason)}; {mend}")


def no_tls(target: Target) -> CannotInspect:
    """The server has no TLS and the target demands it."""
    return refused_tls(
        target,
        f"the server does not offer TLS, and sslmode={target.tls.mode} demands it; "
        "turn ssl on in postgresql.conf, or pass sslmode=prefer",
    )


def unreadable(target: Target, error: Exception) -> CannotInspect:
    """The server's answer is none the protocol knows."""
    reason = redact(str(error), 200) or type(error).__name__
    return CannotInspect(f"{target.label}: the server's answer cannot be read: {reason}; check host and port")


def timed_out(target: Target, limit_s: float, seen: str) -> Unreachable:
    """Nothing useful within the time limit; `seen` is what the address did instead."""
    return Unreachable(f"{target.label}: gave up after {round(limit_s, 2):g} s: {seen}; try: {_is_ready(target)}")


def not_postgres(target: Target, what: str) -> CannotInspect:
    """Something listens there that does not speak PostgreSQL's protocol."""
    return CannotInspect(f"{target.label}: {what}, not a PostgreSQL server; check host and port")


def _wrong_password(target: Target, message: str) -> str:
    notes = "".join(f"; {note}" for note in target.notes)
    if target.hosts[0].password is None:
        return f"the server asks for a password and none was given: put it into --dsn, PGPASSWORD or ~/.pgpass{notes}"
    source = target.sources.get("password", "--dsn")
    return f"{message}; correct the password from {source} (an unknown role looks the same){notes}"


def _not_authorized(_target: Target, message: str) -> str:
    if "no encryption" in message or "SSL off" in message:
        return f"{message}; the server may want TLS: pass sslmode=require, or add a line to pg_hba.conf"
    if "no pg_hba.conf entry" in message:
        return f"{message}; add a line to pg_hba.conf and run: SELECT pg_reload_conf()"
    if "does not exist" in message:
        return f"{message}; list the roles: psql -c '\\du'"
    return f"the server refused the session: {message}"


def _unknown_database(target: Target, message: str) -> str:
    return f"{message}; list the databases: {_psql(target)} -l"


def _not_permitted(target: Target, message: str) -> str:
    return (
        f"{message}; run: GRANT CONNECT ON DATABASE {quote_identifier(target.database)} "
        f"TO {quote_identifier(target.user)}"
    )


def _console_closed(target: Target, message: str) -> str:
    return f"{message}: add {target.user} to stats_users in pgbouncer.ini, then RELOAD"


def _pooler_explanation(message: str) -> Callable[[Target, str], str]:
    """pgbouncer says everything with SQLSTATE 08P01: its sentences (1.15 to 1.24) tell what it means."""
    for phrase, explain in _POOLER_PHRASES.items():
        if phrase in message:
            return explain
    return _other


def _other(target: Target, message: str) -> str:
    return f"the server refused the session: {message}; try: {_psql(target)} {quote_shell(target.database)}"


_EXPLANATIONS: Mapping[str, Callable[[Target, str], str]] = MappingProxyType(
    {
        "28P01": _wrong_password,
        "28000": _not_authorized,
        "3D000": _unknown_database,
        "42501": _not_permitted,
    }
)
_POOLER_PHRASES: Mapping[str, Callable[[Target, str], str]] = MappingProxyType(
    {
        "no such database": _unknown_database,
        "does not exist": _unknown_database,
        "authentication failed": _wrong_password,
        "auth failed": _wrong_password,
        "no such user": _wrong_password,
        "not allowed": _console_closed,
    }
)


def _is_ready(target: Target) -> str:
    return f"pg_isready -h {quote_shell(target.hosts[0].name)} -p {target.hosts[0].port}"


def _psql(target: Target) -> str:
    return f"psql -h {quote_shell(target.hosts[0].name)} -p {target.hosts[0].port} -U {quote_shell(target.user)}"
