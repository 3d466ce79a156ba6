"""headroom-low: warned at four fifths, critical when three or a twentieth are left."""

import pytest

from forge_doctor.finding import NotRun, Severity
from forge_doctor.pool.snapshot import Refusal
from tests.support.snapshots import findings, only, server, session, snapshot, told


@pytest.mark.parametrize(
    ("taken", "severity"),
    [(79, None), (80, Severity.WARNING), (94, Severity.WARNING), (95, Severity.CRITICAL), (99, Severity.CRITICAL)],
)
def test_the_thresholds_on_a_hundred_slots(taken: int, severity: Severity | None) -> None:
    seen = snapshot(*(session(pid) for pid in range(taken)), server=server(max_connections=103))
    assert [found.severity for found in findings("headroom-low", seen)] == ([] if severity is None else [severity])


def test_reserved_connections_are_no_headroom() -> None:
    seen = snapshot(*(session(pid) for pid in range(38)), server=server(max_connections=53, reserved=10))
    assert "38 of 40 usable" in only("headroom-low", seen).message


def test_with_no_slot_left_the_other_check_speaks() -> None:
    assert findings("headroom-low", snapshot(*(session(pid) for pid in range(47)))) == ()


def test_without_a_connection_it_did_not_run() -> None:
    seen = snapshot(server=None, refusal=Refusal(sqlstate="53300", message="sorry"))
    assert [type(one) for one in told("headroom-low", seen)] == [NotRun]


def test_a_server_full_of_connections_that_lie_idle_says_so() -> None:
    found = only("headroom-low", snapshot(*(session(pid) for pid in range(45))))
    assert "45 of them lie idle" in found.message
    assert found.remedy.startswith("Keep fewer: pool_size")
    busy = only("headroom-low", snapshot(*(session(pid, state="active") for pid in range(45))))
    assert "lie idle" not in busy.message
    assert found.remedy.endswith(busy.remedy)
