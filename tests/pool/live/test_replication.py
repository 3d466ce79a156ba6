"""Replication slots on real servers: what is told of one that nobody reads, and that what is printed waits for its condition."""

from __future__ import annotations

import pytest

from tests.support.examination import judge, look, of, one
from tests.support.postgres import MAJORS, new_database, postgres_bin, run_postgres

SLOT = "inactive-replication-slot"
LIMITS = {SLOT: {"held_bytes": 1, "inactive_s": 0}}
SAYS_SINCE_WHEN = 17
NAMES = "SELECT slot_name FROM pg_replication_slots ORDER BY 1"


@pytest.mark.parametrize(
    "major", [*(pytest.param(one, marks=pytest.mark.slow) for one in (MAJORS[0], SAYS_SINCE_WHEN)), MAJORS[-1]]
)
async def test_a_slot_that_nobody_reads(major: int) -> None:
    settings = {"wal_level": "logical", "max_replication_slots": "2", "max_slot_wal_keep_size": "64MB"}
    with run_postgres(postgres_bin(major), settings) as server, new_database(server) as database:
        # Any role may see it; what it does not need is a right to replicate.
        server.sql("SELECT pg_create_physical_replication_slot('gone', true)")
        server.sql("SELECT pg_create_physical_replication_slot('unused', false)")
        server.sql("CREATE TABLE filler AS SELECT generate_series(1, 1000) AS n; CHECKPOINT")
        seen = await look(database.dsn(), scan=False)
        report = judge(seen, LIMITS)
        found = one(report, SLOT)
        assert "slot gone" in found.message
        assert "the server invalidates it (max_slot_wal_keep_size)" in found.message
        assert seen.server is not None
        assert seen.server.replication is not None
        (kept, unused) = seen.server.replication.slots
        assert (kept.inactive_s is not None) == (major >= SAYS_SINCE_WHEN)
        assert unused.held_bytes is None
        assert "all 2 replication slots are taken" in one(report, "replication-slots-used-up").message
        drop = found.remedy.splitlines()[-1]
        # Of another name it does nothing; of this one it drops this one alone.
        server.sql(drop.replace("'gone'", "'other'"))
        assert server.sql(NAMES) == "gone\nunused"
        for _ in range(2):
            server.sql(drop)
            assert server.sql(NAMES) == "unused"
        assert not of(judge(await look(database.dsn(), scan=False), LIMITS), SLOT)
