"""frequent-rollbacks: a hint only, since sessions that read end in a rollback too."""

import pytest

from forge_doctor.finding import Confidence
from forge_doctor.pool.snapshot import DatabaseCounters
from tests.support.snapshots import findings, server, snapshot


@pytest.mark.parametrize(("commits", "rollbacks", "number"), [(501, 499, 0), (500, 500, 1), (10, 900, 0)])
def test_half_of_a_thousand(commits: int, rollbacks: int, number: int) -> None:
    seen = snapshot(server=server(counters=DatabaseCounters(commits=commits, rollbacks=rollbacks)))
    found = findings("frequent-rollbacks", seen)
    assert [one.confidence for one in found] == [Confidence.LOW] * number
