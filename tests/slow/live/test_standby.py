"""A standby: it is asked like any other, and what changes something is for the primary."""

from __future__ import annotations

import asyncio

import pytest

from forge_doctor.probes.postgres.dsn import resolve_targets
from forge_doctor.settings import Settings
from forge_doctor.slow.collect import Request, collect
from forge_doctor.slow.run import run_slow
from tests.support.postgres import PostgresServer, postgres18_bin, run_standby

ROWS = 60_000


def prepare(server: PostgresServer) -> None:
    """A table without the index that its statement asks for, and with two that are the same."""
    server.sql("CREATE EXTENSION pg_stat_statements")
    server.sql(
        f"CREATE TABLE parcel AS SELECT g AS id, g % 20000 AS hub_id, repeat('x', 80) AS note FROM generate_series(1, {ROWS}) g"
    )
    server.sql("CREATE INDEX parcel_1 ON parcel (id)")
    server.sql("CREATE INDEX parcel_2 ON parcel (id)")
    server.sql("ANALYZE parcel")
    for number in range(5):
        server.sql(f"SELECT id, note FROM parcel WHERE hub_id = {number}")


@pytest.mark.slow
def test_it_is_examined_and_mends_are_for_the_primary() -> None:
    with run_standby(postgres18_bin(), prepare) as server:
        target = resolve_targets((server.dsn(),))[0]
        seen = asyncio.run(collect(Request(target=target, duration_s=0.2, connect_timeout_s=10)))
        totals = asyncio.run(collect(Request(target=target, duration_s=0.0, connect_timeout_s=10)))
    assert totals.server is not None
    assert totals.server.in_recovery
    assert totals.server.unread == ()
    assert [one.why_not for one in totals.server.plans if one.root is None] == []
    report = run_slow(totals, Settings(limits={"missing-index": {"mean_ms": 0.0}}))
    found = {one.check: one for one in report.findings}
    assert found["missing-index"].remedy.startswith("-- on the primary")
    assert "\n-- on the primary" in found["duplicate-index"].remedy
    assert not {"unused-index", "stale-statistics", "dead-rows"} & found.keys()
    assert seen.server is not None
    assert seen.server.samples is not None
    assert not [one for one in report.not_run if one.crashed]
