"""Three services that are busy and well: nothing above info is said of them."""

from __future__ import annotations

import pytest

from forge_doctor.finding import Severity
from tests.slow.live.conftest import busy, judged, opened, seen
from tests.support.postgres import FreshDatabase


@pytest.mark.slow
@pytest.mark.parametrize("name", ["eager", "batch", "request"])
async def test_nothing_above_info(shop_database: FreshDatabase, name: str) -> None:
    async with opened(shop_database) as shop, busy(getattr(shop, name), clients=4):
        snapshot = await seen(shop_database, 1.5)
    assert snapshot.server is not None
    assert snapshot.server.statistics.window_s is not None, "nothing ran between the looks"
    report = judged(snapshot)
    assert [one.message for one in report.findings if one.severity > Severity.INFO] == []
    # On a busy machine a session is seen too seldom to tell a batch from rows that are sent one by one, and that is said.
    assert {one.check for one in report.not_run} <= {"unbatched-insert"}
