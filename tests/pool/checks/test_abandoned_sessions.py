"""abandoned-sessions: clients that vanished, where the server counts them (14+)."""

import pytest

from forge_doctor.pool.snapshot import DatabaseCounters
from tests.support.snapshots import findings, server, snapshot


@pytest.mark.parametrize(("abandoned", "sessions", "number"), [(4, 100, 0), (5, 100, 1), (5, 501, 0), (None, None, 0)])
def test_five_and_a_hundredth(abandoned: int | None, sessions: int | None, number: int) -> None:
    counters = DatabaseCounters(sessions=sessions, sessions_abandoned=abandoned)
    assert len(findings("abandoned-sessions", snapshot(server=server(counters=counters)))) == number
