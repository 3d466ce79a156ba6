"""Builders of pool snapshots for the pure tests: a calm server, and whatever a test changes about it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from forge_doctor.check import load
from forge_doctor.finding import Finding, NotRun
from forge_doctor.pool import checks
from forge_doctor.pool.inference.situation import Situation
from forge_doctor.pool.snapshot import Application, Number, PoolSnapshot, Server
from forge_doctor.probes.postgres.backends.session import Session
from forge_doctor.probes.processes.workers import DatabaseSocket, Endpoint, ListenSocket, Process, Role
from forge_doctor.report import run_check

CHECKS = {check.id: check for check in load(checks)}


def server(**overrides: Any) -> Server:
    """PostgreSQL 18 with 47 usable slots and nothing else to say."""
    return replace(
        Server(version_num=180006, max_connections=50, superuser_reserved=3, role="doctor", database="shop"),
        **overrides,
    )


def application(**overrides: Any) -> Application:
    """Two workers with a pool of 5 + 5, told by flags."""
    own = Application(
        pool_size=Number(value=5, source="--pool-size"),
        max_overflow=Number(value=5, source="--max-overflow"),
        workers=Number(value=2, source="--workers"),
        replicas=Number(value=1, source="--replicas"),
    )
    return replace(own, **overrides)


def session(pid: int, **overrides: Any) -> Session:
    """An idle session of the shop, some seconds old, from port 40000 + pid."""
    own = Session(
        pid=pid,
        user="shop",
        database="shop",
        application_name="shop-api",
        client_addr="127.0.0.1",
        client_port=40000 + pid,
        state="idle",
        backend_age_s=100.0,
        query_age_s=1.0,
        state_age_s=1.0,
        statement="SELECT ?",
    )
    return replace(own, **overrides)


def idle_in_transaction(pid: int, idle_s: float, **overrides: Any) -> Session:
    """A session whose open transaction has done nothing for `idle_s` seconds."""
    times = {"state_age_s": idle_s, "query_age_s": idle_s, "xact_age_s": idle_s + 1}
    return session(pid, **{"state": "idle in transaction", **times, **overrides})


def worker(pid: int, *sessions: Session, **overrides: Any) -> Process:
    """A uvicorn worker that has the client's end of these sessions."""
    sockets = tuple(
        DatabaseSocket(
            local=Endpoint(address=one.client_addr or "", port=one.client_port or 0),
            remote=Endpoint(address="127.0.0.1", port=5432),
        )
        for one in sessions
    )
    own = Process(
        pid=pid, role=Role.WORKER, server="uvicorn", application="shop:app", age_s=600.0, database_sockets=sockets
    )
    return replace(own, **overrides)


def serving(pid: int, *sessions: Session, requests: int = 0, streams: int = 0, **overrides: Any) -> Process:
    """A worker that listens and whose requests the kernel tells exactly."""
    own = {
        "listen": (ListenSocket(address="127.0.0.1", port=8000),),
        "listens": True,
        "requests_exact": True,
        "requests_in_flight": requests,
        "streams_open": streams,
    }
    return worker(pid, *sessions, **{**own, **overrides})


def snapshot(*sessions: Session, **overrides: Any) -> PoolSnapshot:
    """A look at that server with these sessions; the first worker holds them all unless told."""
    own = PoolSnapshot(
        taken_at="2026-11-22T03:00:00+00:00",
        target="doctor@127.0.0.1:5432/shop",
        application=application(),
        server=server(),
        sessions=sessions,
        processes=(worker(4211, *sessions), worker(4212)),
    )
    return replace(own, **overrides)


def told(check_id: str, seen: PoolSnapshot, **limits: float) -> tuple[Finding | NotRun, ...]:
    """All one check says of a snapshot, with its own limits unless told."""
    check = CHECKS[check_id]
    return run_check(check, Situation(seen), {**check.limits, **limits})


def findings(check_id: str, seen: PoolSnapshot, **limits: float) -> tuple[Finding, ...]:
    """The findings of one check; fails the test where the check did not run."""
    outcomes = told(check_id, seen, **limits)
    assert not [one for one in outcomes if isinstance(one, NotRun)], outcomes
    return tuple(one for one in outcomes if isinstance(one, Finding))


def only(check_id: str, seen: PoolSnapshot, **limits: float) -> Finding:
    """The one finding of a check."""
    found = findings(check_id, seen, **limits)
    assert len(found) == 1, found
    return found[0]
