"""A server timeout that would have ended the incident is off.

Why:
    With statement_timeout, lock_timeout and idle_in_transaction_session_timeout (transaction_timeout
    on 17+) at 0 one stuck client holds its connection and its locks for ever.

Measures (ms):
    The settings the application's role gets: ALTER ROLE ... IN DATABASE, ALTER ROLE, ALTER DATABASE,
    then the server's. What the driver sets at connect (server_settings) can't be seen from outside,
    hence medium confidence. Never idle_session_timeout: it kills a pool's connections.

Wrong when:
    The driver sets it at connect, which nobody can see from outside: hence info, medium confidence.

Source:
    PostgreSQL documentation, "Client Connection Defaults"; ALTER ROLE.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import Limits, check
from forge_doctor.finding import Confidence, Evidence, Finding, NotRun, Severity
from forge_doctor.pool.inference.situation import Situation
from forge_doctor.pool.remedies import set_for_role
from forge_doctor.pool.snapshot import Setting
from forge_doctor.pool.visibility import unseen_server

# Setting -> (advised value, what it does).
ADVISED = {
    "statement_timeout": ("30s", "a statement that runs away; not for the role of migrations and dumps"),
    "lock_timeout": ("5s", "a wait for a lock"),
    "idle_in_transaction_session_timeout": ("60s", "a transaction somebody forgot"),
    "transaction_timeout": ("5min", "a transaction as a whole; not for the role of migrations and dumps"),
}


@check(severity=Severity.INFO)
def examine(situation: Situation, limits: Limits) -> Iterator[Finding | NotRun]:
    """One finding that names all that are off."""
    yield from unseen_server(situation)
    settings = situation.server.settings if situation.server else ()
    off = [setting for setting in settings if setting.name in ADVISED and setting.value == "0"]
    if not off:
        return
    role = situation.application_user
    yield Finding(
        severity=Severity.INFO,
        confidence=Confidence.MEDIUM,
        message=f"{_listed(off)} {'is' if len(off) == 1 else 'are'} off for role {role}: nothing ends "
        f"{', '.join(ADVISED[setting.name][1].partition(';')[0] for setting in off)}.",
        location=situation.here,
        evidence=tuple(
            Evidence(label=setting.name, value=setting.value, unit=setting.unit, source=setting.source)
            for setting in off
        ),
        remedy="\n".join(
            set_for_role(role, one.name, ADVISED[one.name][0], f"ends {ADVISED[one.name][1]}") for one in off
        ),
    )


def _listed(settings: list[Setting]) -> str:
    return ", ".join(setting.name for setting in settings)
