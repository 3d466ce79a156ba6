"""deadlocks: counted since the statistics were reset."""

import pytest

from forge_doctor.finding import Severity
from forge_doctor.pool.snapshot import DatabaseCounters
from tests.support.snapshots import findings, server, snapshot


@pytest.mark.parametrize(
    ("deadlocks", "age_s", "severity"),
    [
        (0, 3600.0, None),
        (1, 7200.0, Severity.INFO),
        (2, 7200.0, Severity.WARNING),
        (5, None, Severity.INFO),
        (1, 10.0, Severity.WARNING),
    ],
)
def test_one_an_hour_is_a_warning(deadlocks: int, age_s: float | None, severity: Severity | None) -> None:
    counters = DatabaseCounters(deadlocks=deadlocks, reset_age_s=age_s)
    found = findings("deadlocks", snapshot(server=server(counters=counters)))
    assert [one.severity for one in found] == ([] if severity is None else [severity])
