"""What is told of one session wherever a finding names it, and its object in the JSON; judges nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from forge_doctor.finding import Evidence
from forge_doctor.pool.inference.holders import process_name
from forge_doctor.pool.inference.source_lines import line_facts, lines_object
from forge_doctor.pool.snapshot import PoolSnapshot
from forge_doctor.pool.wording import duration
from forge_doctor.probes.postgres.backends.lock_queues import lock_name
from forge_doctor.probes.postgres.backends.session import Lock, Session
from forge_doctor.probes.processes.workers import Process, Role

MOST_LOCKS = 3
# Of the sqlcommenter tags those that name code; the others are a trace's.
SHOWN_TAGS = ("route", "controller", "action", "framework")


def session_facts(session: Session, process: Process | None, snapshot: PoolSnapshot) -> Iterator[Evidence]:
    """Evidence for a finding about this session; nothing of what is hidden from the role."""
    for tag, value in sorted(session.tags.items()):
        if tag in SHOWN_TAGS:
            yield Evidence(label=tag, value=value, source="sqlcommenter tag")
    if session.application_name:
        yield Evidence(label="application_name", value=session.application_name, source="pg_stat_activity")
    if session.hidden:
        return
    yield Evidence(label="client", value=client_text(session, process), source="pg_stat_activity")
    yield from _locks(session, snapshot)
    yield from _ages(session)
    if process is not None:
        yield Evidence(label="process", value=process_name(process) + _listening(process), source="its sockets")
    yield from _behind(session, snapshot)
    yield from line_facts(session, process, snapshot)
    if snapshot.show_query and session.statement:
        yield Evidence(label="last statement", value=session.statement, source="pg_stat_activity.query")


def _behind(session: Session, snapshot: PoolSnapshot) -> Iterator[Evidence]:
    """Whom a pgbouncer lets use this connection now."""
    for link in snapshot.bouncer.links if snapshot.bouncer else ():
        if link.backend_pid == session.pid:
            owners = [
                process_name(one)
                for one in snapshot.processes or ()
                if any(socket.local == link.client for socket in one.pooler_sockets)
            ]
            who = " ".join((*owners, f"{link.client.address}:{link.client.port}"))
            yield Evidence(label="served now", value=who, source="pgbouncer SHOW CLIENTS")


def _locks(session: Session, snapshot: PoolSnapshot) -> Iterator[Evidence]:
    if session.wait_event and session.state == "active":
        event = f"{session.wait_event_type}: {session.wait_event}"
        yield Evidence(label="waits for", value=event, source="pg_stat_activity.wait_event")
    for label, locks in (("wants", wanted(session, snapshot)), ("holds", held(session, snapshot))):
        if locks:
            names = list(dict.fromkeys(lock_name(lock) for lock in locks))
            yield Evidence(label=label, value=", ".join(names[:MOST_LOCKS]), source="pg_locks")


def _ages(session: Session) -> Iterator[Evidence]:
    if session.xact_age_s is not None:
        yield Evidence(label="transaction open for", value=duration(session.xact_age_s), source="now - xact_start")
    if session.state_age_s is not None:
        told = f"{session.state} for {duration(session.state_age_s)}"
        yield Evidence(label="state", value=told, source="now - state_change")


def session_object(session: Session, process: Process | None, holder: str, snapshot: PoolSnapshot) -> Mapping[str, Any]:
    """The session as the JSON has it; moments are the server's clock, the statement null with `--no-query`."""
    clock = snapshot.server.clock if snapshot.server else ""
    shown = snapshot.show_query and bool(session.statement)
    return {
        "pid": session.pid,
        "backend_type": session.backend_type,
        "user": session.user,
        "database": session.database,
        "application_name": session.application_name,
        "client_addr": session.client_addr,
        "client_port": session.client_port,
        "holder": holder,
        "worker": _process_object(process),
        "state": session.state,
        "hidden": session.hidden,
        "wait_event_type": session.wait_event_type,
        "wait_event": session.wait_event,
        "backend_start": _moment(clock, session.backend_age_s),
        "xact_start": _moment(clock, session.xact_age_s),
        "query_start": _moment(clock, session.query_age_s),
        "state_change": _moment(clock, session.state_age_s),
        "statement": session.statement if shown else None,
        "fingerprint": fingerprint(session.statement) if session.statement else None,
        "tags": dict(session.tags),
        "blocked_by": list(session.blocked_by),
        "wants": [_lock_object(lock) for lock in wanted(session, snapshot)],
        "holds": [_lock_object(lock) for lock in held(session, snapshot)],
        "lines": lines_object(session, process, snapshot),
        "progress": snapshot.progress.get(str(session.pid)),
    }


def wanted(session: Session, snapshot: PoolSnapshot) -> tuple[Lock, ...]:
    """What it waits for."""
    return tuple(lock for lock in snapshot.locks if lock.pid == session.pid and not lock.granted)


def held(session: Session, snapshot: PoolSnapshot) -> tuple[Lock, ...]:
    """What it has of the things somebody waits for, and its advisory locks; the strongest names come first."""
    own = (lock for lock in snapshot.locks if lock.pid == session.pid and lock.granted)
    return tuple(sorted(own, key=lambda lock: ("Exclusive" not in lock.mode, lock.mode, lock.relation or "")))


def client_text(session: Session, process: Process | None) -> str:
    """`10.0.0.9:51432`, `a Unix socket`, `172.18.0.4:40000 (container api-1)`."""
    if session.client_port == -1 or session.client_addr is None:
        return "a Unix socket"
    container = f" (container {process.container})" if process and process.container else ""
    return f"{session.client_addr}:{session.client_port}{container}"


def fingerprint(statement: str) -> str:
    """A short name of a statement without its values: the same statement has the same one in every look."""
    return hashlib.sha256(statement.encode("utf-8", "replace")).hexdigest()[:16]


def _listening(process: Process) -> str:
    if process.role is not Role.WORKER or process.listens is None:
        return ""
    return ", listens" if process.listens else ", no longer listens"


def _process_object(process: Process | None) -> Mapping[str, Any] | None:
    if process is None:
        return None
    return {
        "pid": process.pid,
        "role": process.role.value,
        "name": process.name,
        "server": process.server,
        "application": process.application,
        "container": process.container,
        "listens": process.listens,
        "requests_in_flight": process.requests_in_flight,
        "streams_open": process.streams_open,
    }


def _lock_object(lock: Lock) -> Mapping[str, Any]:
    return {"kind": lock.kind, "mode": lock.mode, "relation": lock.relation, "key": lock.key}


def _moment(clock: str, age_s: float | None) -> str | None:
    if not clock or age_s is None:
        return None
    return (datetime.fromisoformat(clock) - timedelta(seconds=age_s)).isoformat()
