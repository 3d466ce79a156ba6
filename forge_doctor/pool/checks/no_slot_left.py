"""No connection slot is left for the application.

Why:
    PostgreSQL refuses every further connection with SQLSTATE 53300. Workers that need one more fail
    at once, while whoever holds the slots may do nothing with them.

Measures (connections):
    Sessions of clients against the usable slots; where the server refuses even us, the sockets of
    the processes found on this host and in the containers named. Always critical.

Wrong when:
    The refusal is another's: a pooler's or a role's limit. The server's own sentence and SQLSTATE are shown,
    and sessions are counted as the server counts them, walsenders and background processes left out.

Source:
    PostgreSQL documentation, "Connections and Authentication": max_connections,
    superuser_reserved_connections, reserved_connections (16+); error texts read in 15.18 and 18.6.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import Limits, check
from forge_doctor.finding import Confidence, Evidence, Finding, NotRun, Severity
from forge_doctor.pool.inference.capacity import usable_slots
from forge_doctor.pool.inference.holders import Holder
from forge_doctor.pool.inference.situation import Situation
from forge_doctor.pool.remedies import end_process
from forge_doctor.pool.wording import count
from forge_doctor.regex import regex
from forge_doctor.sql.quoting import quote_literal

# postinit.c, 13 to 18: the refusal that is no matter of the server's slots.
OF_ONE = regex(r'too many connections for (?P<kind>role|database) "(?P<name>[^\n]{1,63})"')


@check(severity=Severity.CRITICAL)
def examine(situation: Situation, limits: Limits) -> Iterator[Finding | NotRun]:
    """The refusal, or the arithmetic where a reserved slot let us in; with the largest holders."""
    refusal = situation.snapshot.refusal
    usable = usable_slots(situation.server) if situation.server else None  # of a role's limit: connection-limit-low
    evidence: tuple[Evidence, ...]
    if refusal is not None:
        fact = f'no connection slot is left: the server answers "{refusal.message}"'
        evidence = (Evidence(label="SQLSTATE", value=refusal.sqlstate, source="the server's refusal"),)
    elif usable is not None and len(situation.sessions) >= usable.slots:
        fact = f"no connection slot is left for the application: {len(situation.sessions)} of {usable.slots} are taken"
        evidence = (Evidence(label="usable slots", value=usable.slots, unit="connections", source=usable.source),)
    else:
        return
    holders = tuple(holder for holder in situation.holders if holder.connections)
    yield Finding(
        severity=Severity.CRITICAL,
        confidence=Confidence.HIGH,
        message=f"{fact}. {_who(holders)} New connections fail until somebody lets go.",
        location=situation.here,
        evidence=evidence + tuple(_evidence(holder, situation) for holder in holders[:8]),
        remedy=_remedy(situation, holders),
    )


def _who(holders: tuple[Holder, ...]) -> str:
    if not holders:
        return "No holder was found on this host: look where the application runs, or pass --container NAME."
    told = ", ".join(f"{holder.name} holds {holder.connections}" for holder in holders[:3])
    rest = holders[3:]
    more = f", {count(len(rest), 'other')} hold {sum(holder.connections for holder in rest)}" if rest else ""
    return f"{told[0].upper()}{told[1:]}{more}."


def _evidence(holder: Holder, situation: Situation) -> Evidence:
    source = "its sockets in /proc" if situation.server is None else "pg_stat_activity joined with its sockets"
    if holder.process is None:
        source = "pg_stat_activity"
    return Evidence(label=holder.name, value=holder.connections, unit="connections", source=source)


def _remedy(situation: Situation, holders: tuple[Holder, ...]) -> str:
    lines = []
    whose = _whose(situation)
    if situation.server is None:
        lines.append("psql -U postgres   # a superuser still has superuser_reserved_connections; then, at its prompt:")
    lines.append(
        "SELECT a.pid, pg_terminate_backend(a.pid) FROM pg_stat_activity AS a"
        " WHERE a.state IN ('idle in transaction', 'idle in transaction (aborted)')"
        f" AND a.state_change < now() - interval '30 seconds'{whose};"
    )
    if situation.server is None and not whose:  # a role's or a database's limit keeps no superuser out
        lines += _end_largest(situation, holders)
    return "\n".join(lines)


def _whose(situation: Situation) -> str:
    """The limit of a role or a database is relieved by its own sessions alone; a role's by any of its databases'."""
    refusal = situation.snapshot.refusal
    limited = OF_ONE.search(refusal.message) if refusal is not None else None
    if limited is None:
        return ""
    return f" AND a.{'usename' if limited['kind'] == 'role' else 'datname'} = {quote_literal(limited['name'])}"


def _end_largest(situation: Situation, holders: tuple[Holder, ...]) -> Iterator[str]:
    """The last resort, where no superuser can help: only a worker whose master starts another in its place."""
    process = next((one.process for one in holders if one.process is not None and one.is_worker), None)
    if process is not None and process.parent_pid not in (None, 1):
        why = "where no superuser gets in: the largest holder, its requests fail and its master starts a new one"
        yield end_process(process.pid, situation.snapshot.taken_at, why)
