"""slow-by-lock: waits in a log, in the samples, and by one execution's time."""

from __future__ import annotations

import pytest

from forge_doctor.finding import Confidence
from tests.support.slow_snapshots import findings, logged, logged_statement

ID = "slow-by-lock"
TEXT = "UPDATE stock SET qty=stock.qty - $1 WHERE stock.id = $2"


@pytest.mark.parametrize(("own", "number"), [(0.3, 1), (500.0, 0)])
def test_waits_are_subtracted(own: float, number: int) -> None:
    one = logged_statement(
        TEXT, 0, timed=2, waits=1, total_ms=1800.6, longest_ms=1800.3, longest_own_ms=own, waited_ms=1800.0
    )
    found = findings(ID, logged(one))
    assert [one.confidence for one in found] == [Confidence.HIGH] * number
