"""idle_session_timeout ends the connections a pool keeps.

Why:
    A pool keeps idle connections on purpose. The server closes them behind its back, and the next
    request that gets one fails with "connection is closed" unless pool_pre_ping is on.

Measures (ms):
    idle_session_timeout of the application's role, where workers or several sessions of one client
    are seen.

Wrong when:
    pool_pre_ping or a shorter pool_recycle catches the closed connection: neither is to be seen from
    outside, hence medium confidence.

Source:
    PostgreSQL documentation, idle_session_timeout (14+), which warns of it where a pool is in between.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import Limits, check
from forge_doctor.finding import Confidence, Evidence, Finding, NotRun, Severity
from forge_doctor.pool.inference.situation import Situation
from forge_doctor.pool.remedies import set_for_role
from forge_doctor.pool.visibility import unseen_server


@check(severity=Severity.WARNING)
def examine(situation: Situation, limits: Limits) -> Iterator[Finding | NotRun]:
    """One finding."""
    yield from unseen_server(situation)
    settings = situation.server.settings if situation.server else ()
    for setting in settings:
        if setting.name != "idle_session_timeout" or setting.value == "0":
            continue
        role = situation.application_user
        unit = f" {setting.unit}" if setting.unit else ""
        yield Finding(
            severity=Severity.WARNING,
            confidence=Confidence.MEDIUM,
            message=f"idle_session_timeout is {setting.value}{unit} for role {role}: the server closes the connections its "
            "pool keeps, and the next request on one fails.",
            location=situation.here,
            evidence=(Evidence(label=setting.name, value=setting.value, unit=setting.unit, source=setting.source),),
            remedy=set_for_role(
                role, "idle_session_timeout", "0", "idle_in_transaction_session_timeout is the one to set"
            ),
        )
