"""The client of a session is gone, and the server has not noticed.

Why:
    A container or a host that vanished without closing its connections leaves sessions behind that
    keep their slots, and their locks if a transaction was open, until TCP keepalive gives up: two
    hours by default. A client that was killed, or gave up waiting, has said so; yet a server that runs a statement
    reads it only after that, so that the statement goes on for nobody, and its locks with it.

Measures (sessions):
    Sessions whose server's end of the connection is on this host and established while no process here
    has the client's end, and whose client address lies in a network that exists only on this host
    (loopback, a container bridge); older than `session_s`. And sessions whose client, wherever it is, has closed its
    end (CLOSE_WAIT at the server's), in a statement for `session_s` or longer.

Wrong when:
    The client is elsewhere. Ruled out: the server must be proven to be here, by the socket of our own
    connection at the server's end (inet_server_addr(), inet_client_addr(): a tunnel, a pooler or a
    published port does not have it); all sockets of this host must have been readable; and no socket
    here may have the client's port, under whatever address translation gave it.

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
from forge_doctor.pool.visibility import unseen_sessions
from forge_doctor.pool.wording import count, duration, pids
from forge_doctor.probes.postgres.backends.session import Session
from forge_doctor.probes.postgres.backends.signals import terminate
from forge_doctor.probes.processes.workers import Endpoint
from forge_doctor.sql.commands import command_of
from forge_doctor.sql.quoting import quote_literal


@check(severity=Severity.ERROR, limits={"session_s": 3})
def examine(situation: Situation, limits: Limits) -> Iterator[Finding | NotRun]:
    """One finding for all of them."""
    yield from unseen_sessions(situation)
    orphans = tuple(
        session
        for session in situation.sessions
        if _age_s(situation, session) >= limits["session_s"] and _is_orphan(situation, session)
    )
    if not orphans:
        return
    oldest = max(orphans, key=lambda session: session.backend_age_s or 0)
    left = tuple(one for one in orphans if _has_left(situation, one))
    in_transaction = sum(1 for session in orphans if session.xact_age_s is not None)
    yield Finding(
        severity=Severity.ERROR,
        confidence=Confidence.MEDIUM,
        message=f"{count(len(orphans), 'session')} from {', '.join(sorted({session.client_addr or '' for session in orphans}))} "
        f"{'has' if len(orphans) == 1 else 'have'} no client any more: {_why(orphans, left)}. The oldest is "
        f"{duration(oldest.backend_age_s)} old, {in_transaction} hold a transaction open.",
        location=situation.location(oldest),
        evidence=(
            Evidence(label="without a client", value=len(orphans), unit="sessions", source=f"pids {pids(orphans)}"),
            *_ends(len(orphans) - len(left), len(left)),
            *situation.about(oldest),
        ),
        remedy=_remedy(orphans)
        + "".join(
            f"\nALTER SYSTEM SET {one}   -- so that the server notices by itself; then SELECT pg_reload_conf();"
            for one in _settings(situation, orphans, left)
        ),
        sessions=tuple(one.pid for one in orphans),
    )


def _remedy(orphans: tuple[Session, ...]) -> str:
    """By client end: another client's session, which has this pid by now, has another port."""
    ends = ", ".join(f"({quote_literal(one.client_addr or '')}, {one.client_port})" for one in orphans)
    return terminate((one.pid for one in orphans), f"(host(a.client_addr), a.client_port) IN ({ends})")


def _age_s(situation: Situation, session: Session) -> float:
    """How long it may have been one: a statement that is about to end is left alone."""
    return (session.query_age_s if _has_left(situation, session) else session.backend_age_s) or 0


def _why(orphans: tuple[Session, ...], left: tuple[Session, ...]) -> str:
    if not left:
        return "no process on this host has the other end"
    what = command_of(left[0].statement) or "a statement"
    which = "" if len(left) == len(orphans) else f"of {len(left)} "
    return f"the other end {which}is closed, and the server goes on with {what} for nobody"


def _ends(standing: int, left: int) -> Iterator[Evidence]:
    if standing:
        yield Evidence(label="server's end", value=standing, unit="sockets", source="established on this host")
    if left:
        yield Evidence(label="server's end, left", value=left, unit="sockets", source="CLOSE_WAIT on this host")


def _settings(situation: Situation, orphans: tuple[Session, ...], left: tuple[Session, ...]) -> Iterator[str]:
    if left and (situation.snapshot.server is None or situation.snapshot.server.version_num >= 140000):
        yield "client_connection_check_interval = '10s';"
    if len(left) < len(orphans):
        yield "tcp_keepalives_idle = 60;"


def _has_left(situation: Situation, session: Session) -> bool:
    """Whether its client has closed its end, which a server that runs a statement does not see."""
    end = Endpoint(address=session.client_addr or "", port=session.client_port or 0)
    return session.state == "active" and end in situation.snapshot.closed_by_client


def _is_orphan(situation: Situation, session: Session) -> bool:
    if session.client_addr is None or session.client_port in (None, -1) or situation.process_of(session) is not None:
        return False
    if _has_left(situation, session):
        return True
    end = Endpoint(address=session.client_addr, port=session.client_port or 0)
    address = ip_address(session.client_addr)
    here = any(address in ip_network(network) for network in situation.snapshot.local_networks)
    return here and end in situation.snapshot.half_open
