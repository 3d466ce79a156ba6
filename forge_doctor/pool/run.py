"""Judges a snapshot: runs the checks and tells the facts in tables; touches nothing outside."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from forge_doctor.check import Check, described, load, select_checks
from forge_doctor.finding import Finding, NotRun, Severity
from forge_doctor.pool import checks as checks_folder
from forge_doctor.pool.causes import join_causes
from forge_doctor.pool.inference.capacity import Sizing, recommend
from forge_doctor.pool.inference.holders import Holder, uses_sqlalchemy
from forge_doctor.pool.inference.session_facts import session_object
from forge_doctor.pool.inference.situation import Situation
from forge_doctor.pool.inference.source_lines import held_table
from forge_doctor.pool.measurements import measurements
from forge_doctor.pool.snapshot import PoolSnapshot
from forge_doctor.pool.visibility import unread_lines
from forge_doctor.pool.wording import count, duration
from forge_doctor.report import Report, Table, run_check, sort_outcomes
from forge_doctor.settings import Settings

if TYPE_CHECKING:
    from forge_doctor.picture import Picture

# What a state of pg_stat_activity is called in a table's head.
STATES = (
    ("active", ("active", "fastpath function call")),
    ("idle", ("idle",)),
    ("idle in tx", ("idle in transaction", "idle in transaction (aborted)")),
)
MOST_HOLDERS = 12


def all_checks() -> tuple[Check[Any], ...]:
    """The checks of this slice."""
    return load(checks_folder)


def run_pool(
    snapshot: PoolSnapshot,
    settings: Settings,
    select: Iterable[str] = (),
    ignore: Iterable[str] = (),
    *,
    drawn: bool = True,
) -> Report:
    """The report on one snapshot, `drawn` where pictures are wanted; raises `UsageProblem` for an unknown check."""
    chosen: tuple[Check[Any], ...] = select_checks(all_checks(), select, ignore)
    situation = Situation(snapshot)
    outcomes: list[Finding | NotRun] = []
    for check in chosen:
        outcomes += run_check(check, situation, settings.limits_of(check))
    found, not_run = sort_outcomes(outcomes)
    findings, _ = sort_outcomes(join_causes(found))
    unread = (one for one in unread_lines(situation, findings) if one.check not in {told.check for told in not_run})
    _, not_run = sort_outcomes((*not_run, *unread))
    sizing = sizing_of(situation)
    return Report(
        command="pool",
        subject=snapshot.target,
        findings=findings,
        not_run=not_run,
        inspected={
            "servers": int(snapshot.server is not None),
            "sessions": len(snapshot.sessions),
            "processes": len(snapshot.processes or ()),
        },
        headline=" ".join(part for part in (headline(situation), verdict(situation, findings)) if part),
        verdict=verdict(situation, findings),
        tables=tuple(table for table in _tables(situation, sizing) if table),
        data={"pool": _data(situation, sizing), "sessions": sessions_data(situation)},
        measurements=measurements(situation),
        pictures=_pictures(situation, sizing) if drawn else (),
        rules=described(chosen, "postgresql", "connection-pool"),
    )


def _pictures(situation: Situation, sizing: Sizing | None) -> tuple[Picture, ...]:
    from forge_doctor.pool.pictures import pictures

    return pictures(situation, sizing)


def headline(situation: Situation) -> str:
    """One sentence: the slots, and the largest holder."""
    usable = situation.usable
    slots = (
        "No slot left"
        if usable is None
        else f"{len(situation.counted)} of {count(usable.slots, 'usable connection slot')} taken"
    )
    holders = [holder for holder in situation.holders if holder.connections]
    if not holders:
        return f"{slots}."
    return f"{slots}; the largest holder is {holders[0].name} with {holders[0].connections}."


def verdict(situation: Situation, findings: Iterable[Finding]) -> str:
    """For an answer with nothing above info: that it is healthy, and what was looked at; else nothing."""
    if situation.server is None or situation.hidden or any(one.severity > Severity.INFO for one in findings):
        return ""
    waiting = sum(bool(one.blocked_by) for one in situation.sessions)
    looked = [
        f"{count(len(situation.sessions), 'session')} and what {'it does' if len(situation.sessions) == 1 else 'they do'}",
        f"locks ({waiting} waiting)",
        "limits and settings",
    ]
    if situation.workers:
        requests = sum(one.requests_in_flight for one in situation.workers)
        looked.append(f"{count(len(situation.workers), 'worker')} with {count(requests, 'request')} in flight")
    if situation.snapshot.bouncer is not None:
        looked.append("pgbouncer")
    return f"Nothing above info in {', '.join(looked)}.{'' if situation.workers else _from_outside(situation)}"


def _from_outside(situation: Situation) -> str:
    others = situation.snapshot.unmatched_servers
    if others:
        return (
            f" {count(others, 'process', 'processes')} of application servers run here, none connected at this moment."
        )
    return " No worker was seen here: the application was seen from the database alone."


def sizing_of(situation: Situation) -> Sizing | None:
    """The recommended pool, None where slots or workers are unknown.

    The mean in use is that of several looks (--duration), spread over the workers of now: arrival
    rate times hold time, by Little's law.
    """
    usable, demand, looks = situation.usable, situation.demand, situation.snapshot.looks
    if usable is None or demand is None:
        return None
    measured = looks.in_use / demand.workers if looks and looks.in_use is not None else None
    return recommend(usable.slots, situation.others, demand.surge_workers, measured)


def _tables(situation: Situation, sizing: Sizing | None) -> tuple[Table | None, ...]:
    return (
        holders_table(situation),
        held_table(situation.snapshot),
        clients_table(situation),
        sizing_table(situation, sizing),
    )


def clients_table(situation: Situation) -> Table | None:
    """The application seen from the database alone: its pods or hosts, those that connected first on top."""
    pods = {} if situation.workers else situation.elsewhere
    if len(pods) < 2:
        return None
    rows = []
    for address, held in sorted(pods.items(), key=lambda pod: -max(one.backend_age_s or 0 for one in pod[1])):
        ages = [one.backend_age_s or 0 for one in held]
        names = ", ".join(sorted({one.application_name or "unnamed" for one in held}))
        idle = sum(one.idle_in_transaction for one in held)
        rows.append((address, names, len(held), idle, duration(max(ages)), duration(min(ages))))
    columns = ("client", "application_name", "held", "idle in tx", "first connected", "last connected")
    replicas = situation.application.replicas
    note = f"{len(pods)} addresses" + ("" if replicas.assumed else f", {replicas.value} replicas told")
    return Table(title="The application, seen from the database", columns=columns, rows=tuple(rows), note=note)


def holders_table(situation: Situation) -> Table | None:
    """Who holds how many connections in which state."""
    holders = [holder for holder in situation.holders if holder.connections or holder.is_worker]
    if not holders:
        return None
    shown = holders[:MOST_HOLDERS]
    rest = holders[MOST_HOLDERS:]
    note = (
        f"and {count(len(rest), 'more holder')} with {sum(one.connections for one in rest)} connections" if rest else ""
    )
    if situation.server is None:
        rows = tuple((holder.name, holder.connections) for holder in shown)
        return Table(title="Who holds the connections", columns=("holder", "sockets"), rows=rows, note=note)
    columns = ("holder", "held", *(name for name, _ in STATES), "oldest transaction")
    return Table(
        title="Who holds the connections", columns=columns, rows=tuple(_holder_row(one) for one in shown), note=note
    )


def _holder_row(holder: Holder) -> tuple[str | int, ...]:
    oldest = max((session.xact_age_s for session in holder.sessions if session.xact_age_s is not None), default=None)
    hidden = any(session.hidden for session in holder.sessions)
    states = tuple("?" if hidden else len(holder.in_state(*states)) for _, states in STATES)
    through = len(holder.process.pooler_sockets) if holder.process else 0
    name = f"{holder.name}, {through} through a pooler" if through else holder.name
    return (name, holder.connections, *states, "-" if oldest is None else duration(oldest))


def sizing_table(situation: Situation, sizing: Sizing | None) -> Table | None:
    """The arithmetic of the pools, every input with its source."""
    usable, demand, application = situation.usable, situation.demand, situation.application
    if usable is None or not all(uses_sqlalchemy(one) for one in situation.workers):
        return None
    rows: list[tuple[str, str | int | None, str]] = [
        ("usable slots", usable.slots, usable.source),
        ("held by others", situation.others, "sessions that are not the application's"),
        ("pool_size", application.pool_size.value, _said(application.pool_size)),
        ("max_overflow", application.max_overflow.value, _said(application.max_overflow)),
    ]
    if application.workers is None or demand is None or sizing is None:
        rows.append(("workers", "unknown", "pass --workers N, or run this where the application runs"))
        return Table(title="Sizing", columns=("", "value", "from"), rows=tuple(rows))
    rows += [
        ("workers", application.workers.value, _said(application.workers)),
        ("replicas", application.replicas.value, _said(application.replicas)),
        (
            "may open",
            "unlimited" if demand.connections is None else demand.connections,
            "workers x (pool_size + max_overflow)",
        ),
    ]
    rows.append(_advice(sizing))
    return Table(title="Sizing", columns=("", "value", "from"), rows=tuple(rows), note=_basis(situation, sizing))


def _basis(situation: Situation, sizing: Sizing) -> str:
    looks = situation.snapshot.looks
    if sizing.upper_bound_only or looks is None:
        return "An upper bound: how many are in use on the mean is not known from one look (--duration measures it)."
    return f"For the load of these {looks.window_s:.0f} s: {looks.in_use:.1f} sessions in use on the mean, with room for its peaks."


def _advice(sizing: Sizing) -> tuple[str, str, str]:
    if not sizing.fits:
        return ("advised", "pgbouncer", sizing.formula)
    label = "at most" if sizing.upper_bound_only else "advised"
    return (label, f"pool_size={sizing.pool_size}, max_overflow={sizing.max_overflow}", sizing.formula)


def _said(number: Any) -> str:
    return f"{number.source}, assumed" if number.assumed else str(number.said)


def sessions_data(situation: Situation) -> tuple[Mapping[str, Any], ...]:
    """Every backend as an object; findings refer to them by pid."""
    seen = situation.snapshot
    return tuple(
        {
            "subject": seen.target,
            **session_object(one, situation.process_of(one), situation.holder_of(one), seen),
        }
        for one in (*seen.sessions, *seen.background)
    )


def _data(situation: Situation, sizing: Sizing | None) -> Mapping[str, Any]:
    states = Counter(session.state or ("hidden" if session.hidden else "unknown") for session in situation.sessions)
    server = situation.server
    return {
        "taken_at": situation.snapshot.taken_at,
        "server_version_num": server.version_num if server else None,
        "usable_slots": situation.usable.slots if situation.usable else None,
        "sessions_by_state": dict(sorted(states.items())),
        "application": dataclasses.asdict(situation.application),
        "sizing": dataclasses.asdict(sizing) if sizing else None,
        "holders": [
            {
                "name": holder.name,
                "pid": holder.process.pid if holder.process else None,
                "worker": holder.is_worker,
                "connections": holder.connections,
                "idle_in_transaction": len(holder.idle_in_transaction),
                "sessions": [session.pid for session in holder.sessions],
            }
            for holder in situation.holders
        ],
    }
