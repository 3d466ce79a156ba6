"""A session's state is left on a connection that a pooler gives to the next client.

Why:
    With pool_mode = transaction the server connection goes to another client after COMMIT. What belongs to
    the session stays on it: an advisory lock that its owner can no longer release, a LISTEN whose
    notifications reach nobody, a SET that the next client inherits, a temporary table, a cursor WITH HOLD or a
    statement of PREPARE that its owner does not find again.

Measures (sessions):
    Sessions that a pooler of this host holds, or that come from a pgbouncer that pools by transaction,
    idle outside any transaction, with an advisory lock granted, or whose last statement is LISTEN, a SET
    of the session, set_config(..., false), PREPARE, CREATE TEMPORARY TABLE without ON COMMIT DROP, or DECLARE ... WITH HOLD.

Wrong when:
    The SET is pgbouncer's own, which it sends for what it keeps for each client (application_name,
    client_encoding and the like): these do not count. Or the pooler pools by session, where the state is the
    client's own: the mode is read from its console, and nothing is said where that is not to be had. What came before
    the last statement is not to be seen.

Source:
    pgbouncer documentation, "Features", "SQL feature map for pooling modes".
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from forge_doctor.check import Limits, check
from forge_doctor.finding import Confidence, Evidence, Finding, NotRun, Severity
from forge_doctor.pool.inference.bouncer_pools import pool_mode, server_sessions
from forge_doctor.pool.inference.session_facts import held
from forge_doctor.pool.inference.situation import Situation
from forge_doctor.pool.visibility import unseen_bouncer
from forge_doctor.pool.wording import count, pids
from forge_doctor.probes.postgres.backends.lock_queues import lock_name
from forge_doctor.probes.postgres.backends.session import Session
from forge_doctor.probes.postgres.backends.signals import ADVISORY, terminate
from forge_doctor.regex import regex

# By its last statement: what stays on the connection until DISCARD ALL, in words.
STAYS = (
    (regex(r"LISTEN\b", re.IGNORECASE), "LISTEN of the session"),
    (regex(r"PREPARE\s{1,9}(?!TRANSACTION\b)\w", re.IGNORECASE), "statement of PREPARE"),
    (regex(r"DECLARE\s[^;]{1,200}\sWITH\s{1,9}HOLD\s", re.IGNORECASE), "cursor WITH HOLD"),
    (regex(r"CREATE\s{1,9}(?:(?:GLOBAL|LOCAL)\s{1,9})?TEMP(?:ORARY)?\s", re.IGNORECASE), "temporary table"),
    (
        regex(r"SELECT\s{1,9}(?:pg_catalog\.)?set_config\([^()]{1,200}, ?false ?\)", re.IGNORECASE),
        "set_config of the session",
    ),
)
DROPPED = regex(r"\bON\s{1,9}COMMIT\s{1,9}DROP\b", re.IGNORECASE)
SET = regex(r"\s*SET\s+(?:SESSION\s+)?(?!LOCAL\b|TRANSACTION\b|CONSTRAINTS\b)(\w+)", re.IGNORECASE)
# What pgbouncer sets itself when it gives a connection to the next client, and track_extra_parameters' default.
KEPT_FOR_EACH_CLIENT = frozenset(
    {"application_name", "client_encoding", "datestyle", "timezone", "standard_conforming_strings", "intervalstyle"}
)

INSTEAD = (
    "pg_advisory_xact_lock(), SET LOCAL, set_config(..., true), ON COMMIT DROP, and a connection past the pooler for LISTEN: "
    "nothing of the session"
)


@check(severity=Severity.WARNING)
def examine(situation: Situation, limits: Limits) -> Iterator[Finding | NotRun]:
    """One finding for each pool by transaction."""
    yield from unseen_bouncer(situation)
    bouncer = situation.snapshot.bouncer
    for pool in (bouncer.pools or ()) if bouncer else ():
        if bouncer is None or pool_mode(bouncer, pool) != "transaction":
            continue
        left = [(one, what) for one in server_sessions(situation, pool) if (what := _left(situation, one))]
        if left:
            yield _finding(situation, left)


def _left(situation: Situation, session: Session) -> str:
    if session.state != "idle" or (situation.behind_pooler and not situation.is_pooled(session)):
        return ""
    locks = [lock_name(lock) for lock in held(session, situation.snapshot) if lock.kind == "advisory"]
    if locks:
        return locks[0]
    if _sets_the_session(session.statement):
        return "SET of the session"
    if DROPPED.search(session.statement):
        return ""
    return next((what for pattern, what in STAYS if pattern.match(session.statement.lstrip())), "")


def _sets_the_session(statement: str) -> bool:
    """Whether it is a SET of a client: pgbouncer sends its own for what it keeps for each client."""
    parts = [match for part in statement.split(";") if (match := SET.match(part))]
    return any(match[1].lower() not in KEPT_FOR_EACH_CLIENT for match in parts)


def _finding(situation: Situation, left: list[tuple[Session, str]]) -> Finding:
    sessions = [session for session, _ in left]
    locked = [session for session, what in left if what.startswith("advisory")]
    kinds = ", ".join(sorted({what for _, what in left}))
    return Finding(
        severity=Severity.WARNING,
        confidence=Confidence.HIGH if locked else Confidence.MEDIUM,
        message=f"{count(len(left), 'server connection')} of pgbouncer, which pools by transaction, "
        f"{'keeps' if len(left) == 1 else 'keep'} what belongs to a session ({kinds}): the next client inherits it, and its owner "
        "cannot take it back.",
        location=situation.location(sessions[0]),
        evidence=(
            Evidence(label="pool_mode", value="transaction", source="pgbouncer SHOW CONFIG, SHOW POOLS"),
            Evidence(label="with state", value=len(left), unit="sessions", source=f"pids {pids(sessions)}"),
            *situation.about(sessions[0]),
        ),
        remedy=INSTEAD
        + ("\n" + terminate((one.pid for one in locked), "a.state = 'idle'", ADVISORY) if locked else ""),
        sessions=tuple(one.pid for one in sessions),
    )
