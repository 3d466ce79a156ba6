"""Of `migrations`: the lines for a revision, run by Alembic on tables with hostile names, and statements for psql."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import op
from alembic.migration import MigrationContext
from alembic.operations import Operations

from forge_doctor.finding import Finding
from forge_doctor.migrations.round_trip.catalogue import Key
from forge_doctor.migrations.round_trip.undo import LINES, undo_lines
from forge_doctor.sql.quoting import join_name
from tests.support.migration_cases import report_of, write_tree
from tests.support.postgres import FreshDatabase
from tests.support.typed import HOSTILE, identifier, literal

# A statement is the same on every Python.
pytestmark = pytest.mark.slow

# What a revision does badly to a table NAME with a column NAME in a schema NAME, beside it another table.
BASE = """
# revision a001
def upgrade():
    op.create_table(
        NAME, sa.Column("id", sa.Integer, primary_key=True), sa.Column(NAME, sa.Text), sa.Column("n", sa.Integer), schema=SCHEMA
    )
    op.create_table("clients", sa.Column("id", sa.Integer, primary_key=True), schema=SCHEMA)
"""
CHANGES = """
# revision b002 after a001
def upgrade():
    op.create_index(INDEX, NAME, [NAME], schema=SCHEMA)
    op.create_index("partial", NAME, [NAME], unique=True, schema=SCHEMA, postgresql_where=sa.text("n > 1"))
    op.create_unique_constraint("uq", NAME, [NAME], schema=SCHEMA)
    op.create_foreign_key("fk", NAME, "clients", ["n"], ["id"], source_schema=SCHEMA, referent_schema=SCHEMA)
    op.create_check_constraint(CHECK, NAME, "n > 0", schema=SCHEMA)
    op.alter_column(NAME, NAME, nullable=False, schema=SCHEMA)
    op.execute(REINDEX_INDEX)
    op.execute(REINDEX_TABLE)
    op.execute(SQL_INDEX)
    op.drop_index(INDEX, NAME, schema=SCHEMA)
"""
MADE = """
CREATE SCHEMA {schema};
CREATE TABLE {schema}.{i} (id int PRIMARY KEY, {i} text, n int);
CREATE TABLE {schema}.clients (id int PRIMARY KEY);
"""
# Each is there, checked, and of the columns and the condition that the revision meant.
PROOF = """
SELECT (SELECT string_agg(conname, ' ' ORDER BY contype) FROM pg_constraint WHERE conrelid = {r}::regclass
        AND contype IN ('c', 'f', 'u') AND convalidated AND (contype <> 'c' OR conname = {c})) = concat_ws(' ', {c}, 'fk', 'uq')
   AND (SELECT attnotnull FROM pg_attribute WHERE attrelid = {r}::regclass AND attname = {s})
   AND (SELECT string_agg(c.relname, ' ' ORDER BY c.relname) FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid
        WHERE i.indrelid = {r}::regclass AND i.indisvalid AND NOT i.indisprimary) = 'partial sql uq'
   AND (SELECT pg_get_expr(i.indpred, i.indrelid) FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid
        WHERE i.indrelid = {r}::regclass AND c.relname = 'partial') = '(n > 1)'
   AND (SELECT string_agg(CASE WHEN i.indpred IS NULL THEN 'none' ELSE 'some' END, ' ') FROM pg_index AS i
        JOIN pg_class AS c ON c.oid = i.indexrelid WHERE i.indrelid = {r}::regclass AND c.relname = 'sql') = 'some'
"""
CODE = re.compile(r"^(?:# in the [^:]*: )?(?P<code>(?: {4})*(?:op\.|with op\.).*)$")


def revision(name: str) -> str:
    """Both revisions, the names in them as Python writes them."""
    schema = name.replace(".", "_")
    whole = f"{identifier(schema)}.{identifier(name)}"
    words = {
        "SCHEMA": schema,
        "NAME": name,
        "INDEX": f"ix {name}",
        "CHECK": f"ck {name}",
        "REINDEX_INDEX": _text(f"REINDEX INDEX {identifier(schema)}.{identifier(f'ix {name}')}"),
        "REINDEX_TABLE": _text(f"REINDEX TABLE {whole}"),
        "SQL_INDEX": _text(f"CREATE INDEX sql ON {whole} USING btree (n DESC, {identifier(name)}) WHERE n > 2"),
    }
    return re.sub(rf"\b(?:{'|'.join(words)})\b", lambda found: repr(words[found[0]]), BASE + CHANGES)


def _text(sql: str) -> str:
    return re.sub(r"(?<![:\w\\]):(?=\w+(?!:))", r"\:", sql)


def code(remedy: str) -> str:
    """The lines of a remedy that are Python, those for later revisions too."""
    lines = [found["code"] for line in remedy.split("\n") if (found := CODE.match(line))]
    return "\n".join(lines)


def findings(name: str, folder: Path) -> tuple[Finding, ...]:
    """What is told of the second revision, in its order."""
    report = report_of(write_tree(folder, revision(name)))
    found = (one for one in report.findings if one.location.target.endswith("b002.py") and code(one.remedy))
    return tuple(sorted(found, key=lambda one: one.location.line or 0))


def run(connection: sa.Connection, *codes: str) -> None:
    """Each as a revision of its own."""
    for one in codes:
        context = MigrationContext.configure(connection, opts={"transaction_per_migration": True})
        with context.begin_transaction(_per_migration=True), Operations.context(context):
            exec(compile(one, "remedy", "exec"), {"op": op, "sa": sa})


@pytest.fixture(scope="module")
def connection(database: FreshDatabase) -> Iterator[sa.Connection]:
    engine = sa.create_engine(database.server.dsn(database=database.name, scheme="postgresql+psycopg"))
    with engine.connect() as one:
        yield one
    engine.dispose()


def sent(connection: sa.Connection, statements: str) -> Any:
    """Statements as they are, and committed."""
    with connection.begin():
        cursor = connection.connection.cursor()
        cursor.execute(statements)
        return cursor.fetchall() if cursor.description else []


# Alembic takes a dot in a schema for one between two names; `%(x)s` is taken for what only the run knows; and of a text with a
# line break only one line is kept.
NAMES = tuple(one.replace("%(x)s", "%x").replace("%s ", "") for one in HOSTILE if one.isprintable())


@pytest.mark.parametrize("name", NAMES)
def test_each_line_for_a_revision_does_what_the_revision_meant(
    connection: sa.Connection, name: str, tmp_path: Path
) -> None:
    told = findings(name, tmp_path)
    assert [one.check for one in told] == [
        *("index-not-concurrent", "index-not-concurrent", "unique-constraint-builds-index", "foreign-key-validates"),
        *("check-constraint-validates", "set-not-null-scans", "rebuild-locks-table", "rebuild-locks-table"),
        *("index-not-concurrent", "drop-index-not-concurrent"),
    ]
    schema, codes = name.replace(".", "_"), [code(one.remedy) for one in told]
    sent(connection, MADE.replace("{schema}", identifier(schema)).replace("{i}", identifier(name)))
    try:
        run(connection, *codes)
        whole = f"{identifier(schema)}.{identifier(name)}"
        proof = PROOF.replace("{r}", literal(whole)).replace("{s}", literal(name)).replace("{c}", literal(f"ck {name}"))
        assert sent(connection, f"{proof};") == [(True,)], codes
    finally:
        sent(connection, f"DROP SCHEMA {identifier(schema)} CASCADE")


LEFT = """
CREATE SCHEMA {schema}; SET search_path = {schema};
CREATE TABLE {i} (id int, {i} text, CONSTRAINT {i} CHECK (id > 0), other int); CREATE INDEX {ix} ON {i} (other);
CREATE TABLE kept (id int, {i} text, CONSTRAINT {i} CHECK (id > 0)); CREATE INDEX {keptix} ON kept (id);
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE TRIGGER {i} AFTER INSERT ON kept EXECUTE FUNCTION f(); CREATE POLICY {i} ON kept;
CREATE VIEW {view} AS SELECT 1 AS n; CREATE MATERIALIZED VIEW {mat} AS SELECT 1 AS n; CREATE SEQUENCE {seq};
CREATE TYPE {enum} AS ENUM ('a'); CREATE DOMAIN {dom} AS int; CREATE TYPE {comp} AS (n int); CREATE TYPE {range} AS RANGE (SUBTYPE = int);
RESET search_path;
"""
OTHERS = {"view": "view", "mat": "materialized view", "seq": "sequence", "enum": "enum type", "dom": "domain"}
TYPES = {"comp": "composite type", "range": "range type"}


def left(name: str) -> tuple[Key, ...]:
    """A key of every kind that is undone by a line, the schema apart."""
    schema = name.replace(".", "_")
    table, kept = join_name(schema, name), join_name(schema, "kept")
    of_kept = (
        Key(kind, join_name(schema, "kept", name), kept) for kind in ("column", "constraint", "trigger", "policy")
    )
    return (
        Key("table", table),
        *of_kept,
        Key("index", join_name(schema, f"kept {name}"), kept),
        *(Key(kind, join_name(schema, f"{word} {name}")) for word, kind in (OTHERS | TYPES).items()),
    )


@pytest.mark.parametrize("name", NAMES)
def test_what_a_downgrade_left_goes_by_the_lines_for_it(connection: sa.Connection, name: str) -> None:
    schema = name.replace(".", "_")
    assert {key.kind for key in left(name)} | {"schema"} == set(LINES)
    words = {"schema": schema, "i": name, "ix": f"ix {name}", "keptix": f"kept {name}"} | {
        word: f"{word} {name}" for word in OTHERS | TYPES
    }
    sent(connection, re.sub(r"\{(\w+)\}", lambda found: identifier(words[found[1]]), LEFT))
    run(connection, undo_lines(left(name)))
    # What is left beside: without CASCADE the schema goes only where nothing else is in it.
    sent(connection, f"DROP TABLE {identifier(schema)}.kept; DROP FUNCTION {identifier(schema)}.f()")
    run(connection, undo_lines([Key("schema", join_name(schema))]))
