"""Every supported PostgreSQL, 13 to 18: the columns its extension has, and plans without running a statement."""

from __future__ import annotations

import pytest

from forge_doctor.slow.server.work import READY
from tests.slow.live.conftest import judged, seen
from tests.support.postgres import MAJORS, new_database, postgres_bin, run_postgres

LOAD = """
CREATE EXTENSION pg_stat_statements;
CREATE TABLE t AS SELECT g AS id, g % 9000 AS other, repeat('x', 200) AS note FROM generate_series(1, 40000) g;
ANALYZE t;
SELECT id FROM t WHERE other = 7;
SELECT id FROM t WHERE other = 8;
UPDATE t SET note = 'y' WHERE id = 3;
SELECT interval '1 day' + now();
"""


@pytest.mark.slow
@pytest.mark.parametrize("major", MAJORS)
async def test_statements_tables_and_plans(major: int) -> None:
    with run_postgres(postgres_bin(major)) as server, new_database(server) as database:
        for statement in LOAD.strip().split(";\n"):
            server.psql("-c", statement.rstrip(";"), database=database.name)
        snapshot = await seen(database, 0.2, dsn=server.dsn(database=database.name))
    work = snapshot.server
    assert work is not None
    told = work.statistics
    assert (work.major, told.state, told.quiet) == (major, READY, True)
    assert (told.age_s is None, told.deallocations is None) == (major < 14, major < 14)
    by_text = {one.text: one for one in told.statements}
    scan = by_text["SELECT id FROM t WHERE other = $1"]
    assert (scan.calls, scan.blocks > 300, scan.jit_ms is None) == (2, True, major < 15)
    plans = {one.key: one for one in work.plans}
    root = plans[scan.key].root
    assert root is not None
    assert (root.kind, root.schema, root.condition) == ("Seq Scan", "public", "(t.other = $1)")
    assert plans[by_text["UPDATE t SET note = $1 WHERE id = $2"].key].root is not None
    assert work.delta is not None
    assert (work.delta.sessions is None) == (major < 14)
    assert [one.check for one in judged(snapshot).findings if one.check == "missing-index"] == ["missing-index"]
