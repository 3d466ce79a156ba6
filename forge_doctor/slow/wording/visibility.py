"""Says what could not be looked at and what lets it; claims nothing about what is hidden."""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.finding import NotRun
from forge_doctor.slow.server.work import NOT_CREATED, NOT_LOADED, NOT_READABLE, ServerWork
from forge_doctor.slow.situation import Situation
from forge_doctor.sql.quoting import quote_identifier, quote_literal

CHECK = "slow"
# What other roles do is worth a word where it is so much of the whole.
MUCH_HIDDEN = 0.05


def unseen_server(situation: Situation) -> Iterator[NotRun]:
    """Where the server's statistics could not be had, or not all of them."""
    server = situation.server
    if server is None:
        return
    for reason in server.unread:
        yield NotRun(check=CHECK, reason=reason)
    missing = _missing(server)
    if missing is not None:
        yield NotRun(check=CHECK, reason=missing[0], remedy=missing[1])
    elif server.statistics.hidden_ratio >= MUCH_HIDDEN:
        yield NotRun(
            check=CHECK,
            reason=f"role {server.role} may not read {server.statistics.hidden} of {server.statistics.seen} statements, "
            f"{server.statistics.hidden_ratio:.0%} of the time or calls: they are other roles'",
            remedy=grant(server),
        )


def _not_loaded(server: ServerWork) -> str:
    """Each library is a literal of its own: one literal with commas in it would be one library's name."""
    there = server.settings.get("shared_preload_libraries")
    names = [part.strip().strip('"') for part in (there or "").split(",") if part.strip()]
    libraries = ", ".join(quote_literal(name) for name in (*names, "pg_stat_statements"))
    unknown = "-- first SHOW shared_preload_libraries; and keep what is there\n" if there is None else ""
    return (
        f"{unknown}ALTER SYSTEM SET shared_preload_libraries = {libraries};   -- as a superuser, then restart the server\n"
        "CREATE EXTENSION IF NOT EXISTS pg_stat_statements;   -- after the restart, in this database"
    )


def grant(server: ServerWork) -> str:
    """What lets our role read others' statements, plans and statistics, and what that opens."""
    role = quote_identifier(server.role)
    if server.major < 14:
        return f"GRANT pg_monitor TO {role};   -- texts of all roles; for plans and pg_stats log in as the application's role"
    return (
        f"GRANT pg_monitor, pg_read_all_data TO {role};   -- pg_read_all_data lets it read every table: "
        "or log in as the application's role, which sees its own"
    )


def _missing(server: ServerWork) -> tuple[str, str] | None:
    state = server.statistics.state
    if state == NOT_LOADED:
        return "pg_stat_statements is not loaded: what statements cost in all is unknown", _not_loaded(server)
    if state == NOT_CREATED:
        return (
            "pg_stat_statements is loaded, and this database has no view of it",
            "CREATE EXTENSION IF NOT EXISTS pg_stat_statements;   -- in this database, as its owner or a superuser",
        )
    if state == NOT_READABLE:
        return f"pg_stat_statements could not be read: {server.statistics.detail}", ""
    return None


def unseen_logs(situation: Situation) -> Iterator[NotRun]:
    """What of the logs could not be read, that there was no SQL in them, and what no log can tell."""
    logged = situation.logged
    if logged is None:
        return
    for reason in logged.unread:
        yield NotRun(check=CHECK, reason=reason)
    if logged.is_empty and logged.lines:
        yield NotRun(
            check=CHECK,
            reason=f"nothing to judge: no statement, duration or plan in {logged.lines:,} lines of log",
            remedy=WHAT_LOGS_NEED,
        )
    if situation.server is None:
        yield NotRun(
            check=CHECK,
            reason="no server was asked: what statements cost in all, and which indexes there are, is unknown",
            remedy="forge-doctor slow --dsn URL --log FILE",
        )


WHAT_LOGS_NEED = """create_async_engine(url, echo=True)   # each statement, for a while; hide_parameters=True leaves values out
ALTER SYSTEM SET log_min_duration_statement = '100ms';   -- the server's own log; then SELECT pg_reload_conf();"""


def nothing_to_judge(situation: Situation) -> Iterator[NotRun]:
    """Where nothing at all was seen: never the same as clean."""
    if situation.logged is not None and situation.server is None:
        return
    if not situation.statements and not (situation.server and situation.server.samples):
        yield NotRun(
            check=CHECK,
            reason="nothing to judge: no statement was seen",
            remedy="look while the application has work: forge-doctor slow --dsn URL --duration 30",
        )
