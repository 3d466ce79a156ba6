"""timeout-unset: what would have ended the incident by itself."""

from forge_doctor.finding import Severity
from forge_doctor.pool.snapshot import Setting
from tests.support.snapshots import findings, only, server, session, snapshot


def settings(**values: str) -> object:
    rows = tuple(Setting(name=name, value=value, unit="ms", source="pg_settings") for name, value in values.items())
    return snapshot(session(1), server=server(settings=rows))


def test_settings_that_are_on_are_no_finding() -> None:
    assert findings("timeout-unset", settings(statement_timeout="30000", lock_timeout="1")) == ()


def test_those_off_are_named_with_the_statement_for_the_applications_role() -> None:
    found = only("timeout-unset", settings(statement_timeout="0", lock_timeout="5000", transaction_timeout="0"))
    assert found.severity is Severity.INFO
    but = "not for the role of migrations and dumps"
    assert found.remedy.splitlines() == [
        f"ALTER ROLE \"shop\" SET statement_timeout = '30s';   -- ends a statement that runs away; {but}",
        f"ALTER ROLE \"shop\" SET transaction_timeout = '5min';   -- ends a transaction as a whole; {but}",
    ]


def test_idle_session_timeout_is_never_advised() -> None:
    assert findings("timeout-unset", settings(idle_session_timeout="0")) == ()
