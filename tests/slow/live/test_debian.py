"""What Debian's server has and the wheel has not: HypoPG tries an index before it is proposed; plans are compiled."""

from __future__ import annotations

import pytest

from forge_doctor.finding import Confidence
from tests.slow.live.conftest import judged, seen
from tests.support.postgres import PostgresServer, new_database

LOAD = """
CREATE TABLE t AS SELECT g AS id, g % 9000 AS other, 'a' || g AS mail, repeat('x', 200) AS note
  FROM generate_series(1, 40000) g;
CREATE INDEX ON t (mail);
ANALYZE t;
"""
STATEMENTS = ("SELECT id FROM t WHERE other = {}", "SELECT id FROM t WHERE lower(mail) = 'b{}'")


async def test_the_cost_before_and_after(postgres15: PostgresServer) -> None:
    if "hypopg" not in postgres15.sql("SELECT string_agg(name, ' ') FROM pg_available_extensions"):
        pytest.skip("hypopg is not installed")
    with new_database(postgres15) as database:
        database.sql(f"CREATE EXTENSION pg_stat_statements; CREATE EXTENSION hypopg; {LOAD}")
        for statement in STATEMENTS:
            for value in (7, 8):
                database.sql(statement.format(value))
        snapshot = await seen(database, dsn=postgres15.dsn(database=database.name))
        left = database.sql("SELECT count(*) FROM hypopg()")
    assert snapshot.server is not None
    assert snapshot.server.hypopg
    found = {one.check: one for one in judged(snapshot).findings}
    for check in ("missing-index", "index-defeated-by-expression"):
        costs = {one.label: float(str(one.value)) for one in found[check].evidence if one.label.startswith("cost")}
        assert costs["cost with the index"] <= costs["cost of the plan"] / 2
        assert found[check].confidence is Confidence.HIGH
        assert "Tried with HypoPG" in found[check].message
    assert left == "0"


async def test_compiling_that_costs_more_than_it_saves(postgres15: PostgresServer) -> None:
    if postgres15.sql("SELECT pg_jit_available()") != "t":
        pytest.skip("this server was built without LLVM")
    with new_database(postgres15) as database:
        database.sql(f"CREATE EXTENSION pg_stat_statements; {LOAD}")
        for _ in range(2):
            database.sql("SET jit = on; SET jit_above_cost = 0; SELECT sum(other) FROM t WHERE id < 9")
        report = judged(await seen(database, dsn=postgres15.dsn(database=database.name)))
    assert [one.check for one in report.findings if "sum(other)" in one.message] == ["jit-overhead"]
