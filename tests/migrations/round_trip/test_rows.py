"""Rows made from the catalogue alone: whatever the schema demands of them, every table gets some."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from forge_doctor.migrations.round_trip.rows.candidates import sample_of
from forge_doctor.migrations.round_trip.rows.fill import Filled, fill
from forge_doctor.probes.throw_away.databases import Session
from tests.support.postgres import PostgresServer, new_database

TYPES = (
    "int", "bigint", "smallint", "numeric(6,2)", "numeric(3,3)", "real", "text", "varchar(1)", "varchar(7)", "char(4)",
    "boolean", "date", "timestamptz", "timestamp", "time", "interval", "uuid", "jsonb", "json", "bytea", "inet", "cidr",
    "macaddr", "bit(3)", "point", "int[]", "text[]", "mood", "mood[]", "int4range", "tstzrange", "daterange",
    "positive", "pair", "tsvector", "citext", "hstore",
)  # fmt: skip
COMPARABLE = (
    "int",
    "bigint",
    "text",
    "varchar(7)",
    "uuid",
    "date",
    "timestamptz",
    "boolean",
    "mood",
    "inet",
    "positive",
)
# A condition on a column called {0}, by the type it goes with.
CHECKS = (
    ("int", "{0} > 100"),
    ("int", "{0} BETWEEN 5 AND 6"),
    ("int", "{0} IN (7, 11, 13)"),
    ("int", "{0} % 10 = 0"),
    ("smallint", "{0} < 0"),
    ("numeric(6,2)", "{0} >= 0.5 AND {0} < 1"),
    ("text", "{0} IN ('new', 'it''s', 'done')"),
    ("text", "length({0}) >= 12"),
    ("text", "{0} ~ '^[A-Z]{{3}}-[0-9]+$'"),
    ("text", "{0} LIKE 'ab%cd'"),
    ("text", "{0} LIKE '%@%.%'"),
    ("text", "{0} = lower({0}) AND {0} <> ''"),
    ("varchar(7)", "char_length({0}) = 7"),
    ("char(4)", "{0} <> '1'"),
    ("boolean", "NOT {0}"),
    ("boolean", "{0} IS TRUE"),
    ("date", "{0} > '2030-01-01'"),
    ("jsonb", "{0} ? 'kind'"),
    ("jsonb", "jsonb_typeof({0}) = 'array'"),
    ("mood", "{0} <> 'sad'"),
    ("int[]", "cardinality({0}) > 0"),
    ("uuid", "{0} IS NOT NULL"),
)
BEFORE = """
CREATE EXTENSION citext; CREATE EXTENSION hstore;
CREATE TYPE mood AS ENUM ('sad', 'ok', 'it''s "fine"');
CREATE DOMAIN positive AS int CHECK (VALUE > 40) CHECK (VALUE < 1000);
CREATE TYPE pair AS (a int, b text);
"""


TABLES = """SELECT oid::regclass::text FROM pg_class
WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace"""


@dataclass(frozen=True)
class Place:
    server: PostgresServer
    database: str

    def run(self, statements: str) -> tuple[Filled, dict[str, int]]:
        return asyncio.run(self._run(statements))

    async def _run(self, statements: str) -> tuple[Filled, dict[str, int]]:
        connection = await self.server.connect(database=self.database)
        transaction = connection.transaction()
        await transaction.start()
        try:
            await connection.execute(statements)
            filled = await fill(Session(connection))
            tables = await connection.fetch(TABLES)
            return filled, {name: await connection.fetchval(f"SELECT count(*) FROM {name}") for (name,) in tables}
        finally:
            await transaction.rollback()
            await connection.close()


@pytest.fixture(scope="module")
def place(postgres18: PostgresServer) -> Iterator[Place]:
    with new_database(postgres18) as database:
        database.sql(BEFORE)
        yield Place(server=postgres18, database=database.name)


@st.composite
def schemas(draw: st.DrawFn) -> str:
    """Some tables that refer to each other: keys, unique columns, checks, defaults, generated columns."""
    statements = []
    keys: list[str] = []
    for number in range(draw(st.integers(1, 4))):
        key = draw(st.sampled_from(COMPARABLE[:-4]))
        columns = [f"id {key} PRIMARY KEY" if draw(st.booleans()) else f"id {key} NOT NULL UNIQUE"]
        columns += [
            f"c{at} {draw(st.sampled_from(TYPES))}{draw(nullability())}" for at in range(draw(st.integers(0, 4)))
        ]
        for place, (kind, condition) in enumerate(draw(st.lists(st.sampled_from(CHECKS), max_size=3))):
            columns.append(f"k{place} {kind}{draw(nullability())} CHECK ({condition.format(f'k{place}')})")
        for place, other in enumerate(draw(st.lists(st.integers(0, number), max_size=2))):
            target = keys[other] if other < number else key
            unique = " UNIQUE" if draw(st.booleans()) else ""
            columns.append(f"r{place} {target}{draw(nullability())}{unique} REFERENCES t{other} (id)")
        if draw(st.booleans()):
            columns += ["low int NOT NULL", "high int NOT NULL", "CHECK (low < high)"]
        if draw(st.booleans()):
            columns.append("n int GENERATED ALWAYS AS IDENTITY")
            columns.append("twice int GENERATED ALWAYS AS (length('ab')) STORED")
        keys.append(key)
        statements.append(f"CREATE TABLE t{number} ({', '.join(columns)});")
    return "\n".join(statements)


def nullability() -> st.SearchStrategy[str]:
    return st.sampled_from(("", " NOT NULL", " NOT NULL", " DEFAULT NULL"))


@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(schema=schemas())
def test_every_table_of_any_schema_gets_rows(place: Place, schema: str) -> None:
    filled, counts = place.run(schema)
    assert filled.without == {}, schema
    assert all(count > 0 for count in counts.values()), counts


LIKELY = """
-- A circle: one side may stay open.
CREATE TABLE a (id int PRIMARY KEY, b int); CREATE TABLE b (id int PRIMARY KEY, a int NOT NULL REFERENCES a);
ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES b

-- Keys of several columns that share one.
CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE u (t int REFERENCES t, id int, PRIMARY KEY (t, id));
CREATE TABLE o (t int NOT NULL, u int NOT NULL, FOREIGN KEY (t, u) REFERENCES u, FOREIGN KEY (t) REFERENCES t)

-- Partitions take only what is theirs.
CREATE TABLE p (at date NOT NULL, kind text NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE p1 PARTITION OF p FOR VALUES FROM ('2031-05-01') TO ('2031-06-01')

CREATE TABLE p (kind text NOT NULL) PARTITION BY LIST (kind);
CREATE TABLE p1 PARTITION OF p FOR VALUES IN ('eu', 'us')

-- One or the other, and never both.
CREATE TABLE t (a text, b text, CHECK (num_nonnulls(a, b) = 1))

CREATE TABLE t (kind text NOT NULL, path text, CHECK ((kind = 'file') = (path IS NOT NULL)), CHECK (kind IN ('file', 'url')))

-- No two of them overlap.
CREATE TABLE t (during tsrange NOT NULL, EXCLUDE USING gist (during WITH &&))

CREATE TABLE t (email text NOT NULL); CREATE UNIQUE INDEX ON t (lower(email))

CREATE TABLE "Odd Name" ("select" int PRIMARY KEY, "a""b" text NOT NULL CHECK ("a""b" <> ''))

CREATE TABLE t (only_one boolean NOT NULL UNIQUE, CHECK (only_one))
"""


@pytest.mark.parametrize("schema", LIKELY.strip().split("\n\n"))
def test_what_schemas_are_really_like(place: Place, schema: str) -> None:
    filled, counts = place.run(schema)
    assert filled.without == {}
    assert filled.rows > 0
    assert counts


@pytest.mark.parametrize(
    ("schema", "reason"),
    [
        ("CREATE TABLE t (a int NOT NULL CHECK (a > 1 AND a < 1))", "violates check constraint"),
        ("CREATE TABLE t (a pg_snapshot NOT NULL)", "is a pg_snapshot, of which no value is known"),
        (
            "CREATE TABLE a (id int PRIMARY KEY CHECK (false)); CREATE TABLE b (a int NOT NULL REFERENCES a)",
            "without rows",
        ),
    ],
)
def test_a_table_that_can_have_none_is_said_with_the_reason(place: Place, schema: str, reason: str) -> None:
    filled, _ = place.run(schema)
    assert any(reason in one for one in filled.without.values()), filled.without


def test_rows_that_are_there_are_referred_to_and_kept(place: Place) -> None:
    schema = (
        "CREATE TABLE a (id int PRIMARY KEY); INSERT INTO a VALUES (77); CREATE TABLE b (a int NOT NULL REFERENCES a)"
    )
    filled, counts = place.run(schema)
    assert counts["public.a"] == 1
    assert filled.rows == counts["public.b"] > 0


@pytest.mark.parametrize("pattern", [r"^\d{4}-\d\d$", "^(a|b)c?$", "[^x]+", r"^\S+@\S+\.\w{2,}$"])
def test_a_sample_matches_its_pattern(pattern: str) -> None:
    import re

    sample = sample_of(pattern)
    assert sample is not None
    assert re.search(pattern, sample)
