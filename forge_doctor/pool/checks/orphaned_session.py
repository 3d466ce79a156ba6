"""The client of a session is gone, and the server has not noticed.

Why:
    A container or a host that vanished without closing its connections leaves sessions behind that
    keep their slots, and their locks if a transaction was open, until TCP keepalive gives up: two
    hours by default.

Measures (sessions):
    Sessions whose client address lies in a network that exists only on this host (loopback, a
    container bridge) while no process here has such a socket; older than `session_s`. Asked only
    where all sockets of this host could be read.

Source:
    PostgreSQL documentation, tcp_keepalives_idle; client_connection_check_interval acts only while
    a statement runs.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address, ip_network

from forge_doctor.check import Limits, check
from forge_doctor.finding import Confidence, Evidence, Finding, NotRun, Severity
from forge_doctor.pool.inference.situation import Situation
from forge_doctor.pool.snapshot import Session
from forge_doctor.pool.visibility import unseen_sessions
from forge_doctor.pool.wording import count, duration, pids, terminate


@check(severity=Severity.ERROR, limits={"session_s": 3})
def examine(situation: Situation, limits: Limits) -> Iterator[Finding | NotRun]:
    """One finding for all of them."""
    yield from unseen_sessions(situation)
    orphans = tuple(
        session
        for session in situation.sessions
        if (session.backend_age_s or 0) >= limits["session_s"] and _is_orphan(situation, session)
    )
    if not orphans:
        return
    oldest = max(orphans, key=lambda session: session.backend_age_s or 0)
    in_transaction = sum(1 for session in orphans if session.xact_age_s is not None)
    yield Finding(
        severity=Severity.ERROR,
        confidence=Confidence.MEDIUM,
        message=f"{count(len(orphans), 'session')} from {', '.join(sorted({session.client_addr or '' for session in orphans}))} "
        f"{'has' if len(orphans) == 1 else 'have'} no client any more: no process on this host has the other end. The oldest is "
        f"{duration(oldest.backend_age_s)} old, {in_transaction} hold a transaction open.",
        location=situation.location(oldest),
        evidence=(
            Evidence(label="without a client", value=len(orphans), unit="sessions", source=f"pids {pids(orphans)}"),
            Evidence(
                label="local networks", value=", ".join(situation.snapshot.local_networks), source="network interfaces"
            ),
        ),
        remedy=terminate(orphans, "application_name <> 'forge-doctor'")
        + "\nALTER SYSTEM SET tcp_keepalives_idle = 60;   -- then SELECT pg_reload_conf();",
    )


def _is_orphan(situation: Situation, session: Session) -> bool:
    if session.client_addr is None or session.client_port in (None, -1) or situation.process_of(session) is not None:
        return False
    address = ip_address(session.client_addr)
    return any(address in ip_network(network) for network in situation.snapshot.local_networks)
