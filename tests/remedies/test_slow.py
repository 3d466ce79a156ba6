"""Of `slow`: indexes, statistics and vacuum of tables with hostile names, typed where such tables are."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from forge_doctor.finding import NotRun
from forge_doctor.slow.plan import RareValue
from forge_doctor.slow.server.schema import Index, Table
from forge_doctor.slow.server.work import NOT_CREATED, NOT_LOADED, Statistics
from forge_doctor.slow.situation import Situation
from forge_doctor.slow.wording.visibility import grant, unseen_logs, unseen_server
from tests.support.postgres import FreshDatabase
from tests.support.slow_snapshots import (
    column,
    findings,
    index,
    logged,
    logged_statement,
    only,
    plan,
    scan,
    server,
    snapshot,
    statement,
    table,
)
from tests.support.typed import HOSTILE, Printed, identifier, other_name, statements, type_all, type_in

# A statement is the same on every Python.
pytestmark = pytest.mark.slow

# A schema, a table and a column of the name, and what else a statement needs.
TABLE = (
    "DROP SCHEMA IF EXISTS {i} CASCADE; CREATE SCHEMA {i}; CREATE TABLE {i}.{i} (id int PRIMARY KEY, {i} text, j jsonb, k json, a int[]) "
    "WITH (autovacuum_enabled = off);"
)
DROPPED = "DROP SCHEMA {i} CASCADE;"
INDEXES = (
    "FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace "
    "WHERE n.nspname = {s}"
)
ONE_MORE = f"(SELECT count(*) = 2 AND bool_and(i.indisvalid) {INDEXES})"
HOURS_2 = 7200.0


def own(name: str, **overrides: Any) -> Table:
    return table(name, schema=name, **overrides)


def own_index(name: str, called: str, *keys: str, **overrides: Any) -> Index:
    return index(name, *(identifier(one) for one in keys), schema=name, name=called, **overrides)


def read(name: str, condition: str, *, tables: tuple[Table, ...] = (), **overrides: Any) -> Any:
    one = statement(
        f"SELECT p.id FROM {identifier(name)}.{identifier(name)} p WHERE {condition}",
        blocks=500_000,
        rows=100,
        total_ms=9000.0,
    )
    node = scan(name, condition, alias="p", schema=name, rows=25.0)
    return snapshot(one, plans=(plan(one, node),), tables=tables or (own(name),), **overrides)


def slow_in_log(name: str, condition: str, *, tables: str = "") -> Any:
    text = f"SELECT p.id FROM {tables or f'{identifier(name)}.{identifier(name)}'} p WHERE {condition}"
    return logged(logged_statement(text, timed=20, total_ms=20_000.0, longest_ms=2_000.0, longest_own_ms=2_000.0))


def rare(name: str) -> str:
    one = statement("SELECT 1 FROM t WHERE t.a = $1", 20, blocks=100_000)
    told = RareValue(column=name, frequency=0.001, generic_cost=1000.0, cost=10.0, index="t_a")
    found = only("generic-plan-trap", snapshot(one, plans=(plan(one, scan("t", "(t.a = $1)"), rare=told),)))
    return found.remedy.replace("ROLE application", "ROLE CURRENT_USER")


def compiled() -> str:
    one = statement("SELECT 1 FROM t", total_ms=10_000.0, jit_ms=9_000.0)
    return only("jit-overhead", snapshot(one)).remedy.replace("ROLE application", "ROLE CURRENT_USER")


def spilled() -> str:
    return only("sort-spill", snapshot(statement("SELECT 1 FROM t", temp_blocks=100_000))).remedy


def unreliable() -> str:
    settings = {"track_counts": "off", "pg_stat_statements.track": "none", "compute_query_id": "off"}
    seen = snapshot(statement("SELECT 1"), settings=settings)
    assert seen.server is not None
    seen = replace(seen, server=replace(seen.server, statistics=replace(seen.server.statistics, deallocations=3)))
    return "\n".join(one.remedy for one in findings("statistics-unreliable", seen))


def unseen(state: str, **settings: str) -> str:
    own = replace(server(), statistics=Statistics(state=state), settings=settings)
    seen = Situation(replace(snapshot(), server=own))
    return "\n".join(one.remedy for one in unseen_server(seen))


def of_logs() -> str:
    (outcome, *_) = unseen_logs(Situation(logged(engine=0)))
    assert isinstance(outcome, NotRun)
    return outcome.remedy


def dead(name: str) -> str:
    seen = snapshot(tables=(own(name, dead_rows=9_000_000, autovacuum=False),), settings={"autovacuum": "off"})
    return only("dead-rows", seen).remedy


def stale(name: str) -> str:
    return only("stale-statistics", snapshot(tables=(own(name, changed=9_000_000, analyzed_age_s=None),))).remedy


def unused(name: str, counted_s: float = 0.0) -> str:
    one = own_index(name, other_name(name), name, scans=0, size_bytes=9_000_000)
    seen = snapshot(tables=(own(name, scans=9_000),), indexes=(one,))
    return only("unused-index", seen, counted_s=counted_s).remedy


def duplicate(name: str) -> str:
    both = (own_index(name, "o", name), own_index(name, other_name(name), name))
    return only("duplicate-index", snapshot(indexes=both)).remedy


def invalid(name: str, **overrides: Any) -> str:
    one = own_index(name, other_name(name), name, valid=False, **overrides)
    return only("invalid-index", snapshot(indexes=(one,))).remedy


def dropped(remedy: str) -> str:
    """The first of two ways."""
    return remedy.partition("\n-- then make it again")[0]


def missing(name: str, **overrides: Any) -> str:
    return only("missing-index", read(name, f"(p.{identifier(name)} = $1)", **overrides)).remedy


def failed(name: str) -> str:
    """What takes away the index that was not made."""
    return missing(name).rpartition("then: ")[2]


def remake(name: str) -> str:
    return missing(name, indexes=(own_index(name, other_name(name), name, valid=False),))


def wrapped(name: str) -> str:
    condition = f"(lower(p.{identifier(name)}) = $1)"
    seen = read(name, condition, indexes=(own_index(name, "o", name),))
    return only("index-defeated-by-expression", seen).remedy


def contained(name: str, condition: str, *columns: Any) -> str:
    return only("json-without-gin", read(name, condition, columns=columns)).remedy


def counted(name: str) -> str:
    one = statement(f"SELECT count(*) FROM {identifier(name)}.{identifier(name)}", total_ms=10_000.0)
    seen = snapshot(one, plans=(plan(one, scan(name, schema=name)),), tables=(own(name),))
    return only("count-of-big-table", seen).remedy


def counted_in_log(name: str) -> str:
    text = f"SELECT count(*) FROM {identifier(name)}.{identifier(name)}"
    one = logged_statement(text, timed=20, total_ms=20_000.0, longest_ms=2_000.0, longest_own_ms=2_000.0)
    return only("count-of-big-table", logged(one)).remedy


def patterned(name: str) -> str:
    return only("leading-wildcard", read(name, f"(p.{identifier(name)} ~~ $1)")).remedy


def in_log(check: str, condition: str) -> Any:
    return lambda name: only(check, slow_in_log(name, condition.replace("{i}", identifier(name)))).remedy


# ALTER SYSTEM takes no line break, and no library has one in its name.
ONE_LINE = tuple(one for one in HOSTILE if one.isprintable())
SCHEMA: dict[str, Any] = {"before": TABLE, "after": DROPPED}
INDEXED: dict[str, Any] = {
    "before": TABLE + "CREATE INDEX {ix} ON {i}.{i} ({i}); CREATE INDEX o ON {i}.{i} ({i});",
    "after": DROPPED,
}
ALL_THERE = f"(SELECT count(*) = 3 {INDEXES})"
ONCE: dict[str, Any] = {"after": DROPPED, "names": ("x",)}
# A scan is counted once the session tells of it, which `pg_stat_force_next_flush` hastens.
USED = (
    "SET enable_seqscan = off; SELECT {i} FROM {i}.{i} WHERE {i} = 'a'; DROP INDEX {i}.o; SELECT {i} FROM {i}.{i} WHERE {i} = 'a';"
    "RESET enable_seqscan; SELECT pg_stat_force_next_flush(); CREATE INDEX o ON {i}.{i} ({i});"
)
ONE_LESS = "(SELECT count(*) = 2 AND NOT bool_or(c.relname = {sx}) " + INDEXES + ")"
PARTED: dict[str, Any] = {
    "before": "DROP SCHEMA IF EXISTS {i} CASCADE; CREATE SCHEMA {i}; CREATE TABLE {i}.{i} (id int, {i} text) PARTITION BY HASH (id);"
    "CREATE TABLE {i}.part PARTITION OF {i}.{i} FOR VALUES WITH (MODULUS 1, REMAINDER 0);",
    "after": DROPPED,
}
CASES = (
    Printed(
        id="missing-index-failed",
        remedy=failed,
        before=TABLE + "SELECT set_config('x.y', left(concat_ws('_', 'ix', {s}, {s}), 63), false);"
        "DO $_$ BEGIN EXECUTE format('CREATE INDEX %I ON %I.%I (id)', current_setting('x.y'), {s}, {s}); END $_$;"
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = format('%I.%I', {s}, current_setting('x.y'))::regclass;",
        proof=f"(SELECT count(*) = 1 {INDEXES})",
        after=DROPPED,
    ),
    Printed(id="missing-index", remedy=missing, proof=ONE_MORE, **SCHEMA),
    Printed(
        id="missing-index-made-again",
        remedy=remake,
        before=TABLE + "CREATE INDEX {ix} ON {i}.{i} ({i});"
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = format('%I.%I', {s}, {sx})::regclass;",
        proof=ONE_MORE,
        after=DROPPED,
    ),
    Printed(
        id="missing-index-partitioned",
        remedy=lambda name: missing(name, tables=(own(name, partitioned=True),)),
        proof=f"(SELECT count(*) = 1 AND bool_and(NOT i.indisvalid) {INDEXES})",
        **PARTED,
    ),
    Printed(
        id="missing-index-on-a-part",
        remedy=lambda name: (
            only(
                "missing-index",
                read(
                    name,
                    f"(p.{identifier(name)} = $1)",
                    tables=(own(name, parent=f"{identifier(name)}.{identifier('whole')}"),),
                ),
            ).remedy
        ),
        before="DROP SCHEMA IF EXISTS {i} CASCADE; CREATE SCHEMA {i}; CREATE TABLE {i}.whole "
        "(id int PRIMARY KEY, {i} text) PARTITION BY HASH (id);"
        "CREATE TABLE {i}.{i} PARTITION OF {i}.whole FOR VALUES WITH (MODULUS 1, REMAINDER 0);",
        proof=f"(SELECT count(*) = 3 AND bool_and(i.indisvalid) {INDEXES})",
        after=DROPPED,
    ),
    Printed(id="index-defeated-by-expression", remedy=wrapped, proof=ONE_MORE, lines=2, **SCHEMA),
    Printed(
        id="json-without-gin",
        remedy=lambda name: contained(name, "(p.j @> $1)"),
        proof=f"(SELECT count(*) = 2 {INDEXES})",
        **SCHEMA,
    ),
    Printed(
        id="json-without-gin-json",
        remedy=lambda name: contained(name, "((p.k ->> 'a'::text) = $1)", column(name, "k", schema=name, kind="json")),
        lines=0,
        **SCHEMA,
    ),
    Printed(
        id="json-without-gin-array",
        remedy=lambda name: contained(name, "($1 = ANY (p.a))"),
        proof=f"(SELECT count(*) = 2 {INDEXES})",
        **SCHEMA,
    ),
    Printed(id="leading-wildcard", remedy=patterned, proof=f"(SELECT count(*) = 2 {INDEXES})", lines=2, **SCHEMA),
    Printed(
        id="dead-rows",
        remedy=dead,
        proof="(SELECT reloptions IS NULL FROM pg_class WHERE oid = format('%I.%I', {s}, {s})::regclass)",
        lines=3,
        before=TABLE,
        after=DROPPED + "ALTER SYSTEM RESET autovacuum; SELECT pg_reload_conf();",
    ),
    Printed(
        id="stale-statistics",
        remedy=stale,
        proof="(SELECT reltuples = 0 FROM pg_class WHERE oid = format('%I.%I', {s}, {s})::regclass)",
        **SCHEMA,
    ),
    Printed(
        id="missing-index-that-did-not-fail",
        remedy=failed,
        before=TABLE + "SELECT set_config('x.y', left(concat_ws('_', 'ix', {s}, {s}), 63), false);"
        "DO $_$ BEGIN EXECUTE format('CREATE INDEX %I ON %I.%I (id)', current_setting('x.y'), {s}, {s}); END $_$;",
        proof=f"(SELECT count(*) = 2 {INDEXES})",
        after=DROPPED,
        names=("x",),
    ),
    Printed(id="unused-index", remedy=unused, proof=ONE_LESS, **INDEXED),
    *(
        Printed(id=f"unused-index-{what}", remedy=remedy, proof=ALL_THERE, before=INDEXED["before"] + made, **ONCE)
        for what, remedy, made in (
            ("that-is-used-by-now", unused, USED),
            ("that-enforces-something", unused, "DROP INDEX {i}.{ix}; CREATE UNIQUE INDEX {ix} ON {i}.{i} ({i});"),
            ("that-was-not-counted-for-long", partial(unused, counted_s=86_400.0), ""),
        )
    ),
    Printed(id="duplicate-index", remedy=duplicate, proof=ONE_LESS, **INDEXED),
    *(
        Printed(id=f"duplicate-index-{what}", remedy=duplicate, proof=proof, before=INDEXED["before"] + made, **ONCE)
        for what, proof, made in (
            ("of-one-that-is-gone", f"(SELECT count(*) = 2 {INDEXES})", "DROP INDEX {i}.o;"),
            (
                "of-one-that-is-invalid",
                ALL_THERE,
                "UPDATE pg_index SET indisvalid = false WHERE indexrelid = '{i}.o'::regclass;",
            ),
            (
                "of-one-elsewhere",
                ALL_THERE,
                "DROP INDEX {i}.o; CREATE TABLE {i}.t (n int); CREATE INDEX o ON {i}.t (n);",
            ),
        )
    ),
    Printed(
        id="invalid-index",
        remedy=lambda name: dropped(invalid(name)),
        before=INDEXED["before"]
        + "UPDATE pg_index SET indisvalid = false WHERE indexrelid = format('%I.%I', {s}, {sx})::regclass;",
        proof=ONE_LESS,
        after=DROPPED,
    ),
    Printed(
        id="invalid-index-that-is-valid-by-now",
        remedy=lambda name: dropped(invalid(name)),
        proof=f"(SELECT count(*) = 3 {INDEXES})",
        **INDEXED,
    ),
    Printed(
        id="invalid-index-made-again",
        remedy=lambda name: invalid(name).rpartition("or instead: ")[2],
        before=INDEXED["before"]
        + "UPDATE pg_index SET indisvalid = false WHERE indexrelid = format('%I.%I', {s}, {sx})::regclass;",
        proof=f"(SELECT count(*) = 3 AND bool_and(i.indisvalid) {INDEXES})",
        after=DROPPED,
    ),
    Printed(
        id="invalid-index-of-a-constraint",
        remedy=lambda name: invalid(name, constraint=True, unique=True),
        before=TABLE + "ALTER TABLE {i}.{i} ADD CONSTRAINT {ix} UNIQUE ({i});"
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = format('%I.%I', {s}, {sx})::regclass;",
        proof=ONE_MORE,
        after=DROPPED,
    ),
    Printed(id="count-of-big-table", remedy=counted, **SCHEMA),
    Printed(id="count-of-big-table-in-log", remedy=counted_in_log, **SCHEMA),
    Printed(id="missing-index-in-log", remedy=in_log("missing-index", "p.{i} = $1"), proof=ONE_MORE, **SCHEMA),
    Printed(
        id="defeated-in-log",
        remedy=in_log("index-defeated-by-expression", "lower(p.{i}) = $1"),
        proof=ONE_MORE,
        **SCHEMA,
    ),
    Printed(id="json-in-log", remedy=in_log("json-without-gin", "p.j @> $1"), proof=ONE_MORE, **SCHEMA),
    Printed(
        id="pattern-in-log", remedy=in_log("leading-wildcard", "p.{i} ILIKE $1"), proof=ONE_MORE, lines=2, **SCHEMA
    ),
    Printed(
        id="grant",
        remedy=lambda name: (
            grant(replace(server(), role=name)) + "\n" + grant(replace(server(), role=name, version_num=130000))
        ),
        before="CREATE ROLE {i};",
        proof="(SELECT count(*) FROM pg_auth_members AS m JOIN pg_roles AS r ON r.oid = m.member WHERE r.rolname = {s}) = 2",
        after="DROP ROLE {i};",
        lines=2,
    ),
    Printed(id="generic-plan-trap", remedy=rare, after="ALTER ROLE CURRENT_USER RESET ALL;"),
    Printed(
        id="jit-overhead",
        remedy=lambda _: compiled(),
        lines=2,
        names=("x",),
        after="ALTER SYSTEM RESET jit; SELECT pg_reload_conf(); ALTER ROLE CURRENT_USER RESET ALL;",
    ),
    Printed(id="sort-spill", remedy=lambda _: spilled(), names=("x",)),
    Printed(
        id="statistics-unreliable",
        remedy=lambda _: unreliable(),
        lines=4,
        names=("x",),
        after="ALTER SYSTEM RESET ALL; SELECT pg_reload_conf();",
    ),
    Printed(
        id="not-loaded",
        remedy=lambda name: unseen(NOT_LOADED, shared_preload_libraries=f"auto_explain,{name}"),
        lines=2,
        names=ONE_LINE,
        after="ALTER SYSTEM RESET ALL;",
    ),
    Printed(id="not-created", remedy=lambda name: unseen(NOT_CREATED), names=("x",)),
    Printed(id="of-logs", remedy=lambda _: of_logs(), names=("x",), after="ALTER SYSTEM RESET ALL;"),
)


@pytest.mark.parametrize("printed", CASES, ids=lambda one: one.id)
def test_it_is_typed_with_every_name(database: FreshDatabase, printed: Printed, tmp_path: Path) -> None:
    type_all(database, printed, str(tmp_path))
    assert list(tmp_path.iterdir()) == []


# What a type takes, by what is asked of it: typed on a column of that type, it must run, or nothing is printed.
TYPED_COLUMNS = (
    ("int4range", "(p.c @> $1)", "USING gist"),
    ("jsonb", "(p.c @> $1)", "USING gin"),
    ("text[]", "($1 = ANY (p.c))", "USING gin"),
    ("tsvector", "(p.c && $1)", "USING gin"),
    ("box", "(p.c @> $1)", "USING gist"),
    ("inet", "(p.c && $1)", ""),
    ("character(9)", "(p.c ~~ $1)", ""),
    ("citext", "(p.c ~~* $1)", ""),
    ("character varying(9)", "((p.c)::text ~~* $1)", "gin_trgm_ops"),
    ("timestamp with time zone", "((p.c)::date = $1)", ""),
    ("timestamp without time zone", "((p.c)::date = $1)", "::date"),
    ("timestamp with time zone", "(date(p.c) = $1)", ""),
    ("integer", "(of_shop(p.c) = $1)", ""),
    ("integer", "(shop.lower(p.c) = $1)", ""),
    ("text", "(lower(p.c) = $1)", 'lower("c")'),
    ("integer GENERATED ALWAYS AS (id + 1) VIRTUAL", "(p.c = $1)", ""),
    ("integer GENERATED ALWAYS AS (id + 1) STORED", "(p.c = $1)", '("c")'),
)
ASKED = ("missing-index", "json-without-gin", "leading-wildcard", "index-defeated-by-expression")


@pytest.mark.parametrize(("kind", "condition", "printed"), TYPED_COLUMNS)
def test_an_index_is_printed_only_of_what_the_type_takes(
    database: FreshDatabase, kind: str, condition: str, printed: str
) -> None:
    plain = kind.partition(" GENERATED")[0]
    own_column = column("typed", "c", kind=plain, virtual="VIRTUAL" in kind)
    seen = read("typed", condition, tables=(table("typed", schema="public"),), columns=(own_column,))
    both = (seen, replace(seen, server=replace(seen.server, indexes=(index("typed", "c"),))))
    remedies = [one.remedy for look in both for check in ASKED for one in findings(check, look)]
    assert remedies
    told = [line for remedy in remedies for line in statements(remedy)]
    indexes = [line for line in told if line.startswith("CREATE INDEX")]
    assert all(printed and printed in line for line in indexes)
    assert bool(indexes) == bool(printed)
    lines = "\n".join(f"{line}\nDROP INDEX {name[1]};" if (name := CALLED.search(line)) else line for line in told)
    extension = f"CREATE EXTENSION IF NOT EXISTS {kind};" if kind == "citext" else ""
    made = f"SET client_min_messages = error; {extension} DROP TABLE IF EXISTS typed; CREATE TABLE typed (id int, c {kind});"
    type_in(database, f"{made}\n{lines}\nDROP TABLE typed;")


CALLED = re.compile(r'CREATE INDEX CONCURRENTLY ("(?:[^"]|"")+")')
