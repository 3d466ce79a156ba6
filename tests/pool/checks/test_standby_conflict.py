"""standby-conflict: what a standby cancels, and that it refuses to write."""

import pytest

from forge_doctor.finding import Severity
from forge_doctor.pool.snapshot import DatabaseCounters
from tests.support.snapshots import findings, only, server, session, snapshot


def test_a_primary_has_none() -> None:
    assert findings("standby-conflict", snapshot(server=server(counters=DatabaseCounters(conflicts_snapshot=3)))) == ()


@pytest.mark.parametrize(
    ("event", "severity"), [("RecoveryWalStream", Severity.INFO), ("RecoveryConflictSnapshot", Severity.WARNING)]
)
def test_recovery_that_waits_now_is_a_warning(event: str, severity: Severity) -> None:
    startup = session(9, backend_type="startup", wait_event=event, client_addr=None)
    found = only("standby-conflict", snapshot(server=server(in_recovery=True), background=(startup,)))
    assert found.severity is severity


def test_the_counters_are_summed_and_mended() -> None:
    counters = DatabaseCounters(conflicts_snapshot=3, conflicts_lock=1)
    found = only("standby-conflict", snapshot(server=server(in_recovery=True, counters=counters)))
    assert "4 statements of this database were cancelled" in found.message
    assert "hot_standby_feedback = on" in found.remedy


def test_a_calm_standby_needs_no_mend() -> None:
    assert only("standby-conflict", snapshot(server=server(in_recovery=True))).remedy == ""
