"""Of `migrations` with a database: invalid indexes, constraints, version tables and locks with hostile names, typed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from forge_doctor.finding import NotRun
from forge_doctor.migrations.live import lock_texts
from forge_doctor.migrations.live.checks import version_rows_overlap
from forge_doctor.migrations.live.situation import Situation
from forge_doctor.migrations.live.snapshot import InvalidIndex, UnvalidatedConstraint
from forge_doctor.pool.inference.situation import Situation as PoolSituation
from forge_doctor.report import Report
from tests.remedies.test_pool import behind, pileups
from tests.support.live_migrations import SERVER, at, judge, session, snapshot, tree
from tests.support.postgres import FreshDatabase
from tests.support.typed import Printed, other_name, type_all

# A statement is the same on every Python.
pytestmark = pytest.mark.slow

TABLE = (
    "DROP SCHEMA IF EXISTS {i} CASCADE; CREATE SCHEMA {i}; CREATE TABLE {i}.{i} (id int, version_num text);"
    "CREATE INDEX {ix} ON {i}.{i} (id); INSERT INTO {i}.{i} VALUES (1, 'old'), (2, {s});"
)
DROPPED = "DROP SCHEMA {i} CASCADE;"
SPOILT = "UPDATE pg_index SET indisvalid = false WHERE indexrelid = format('%I.%I', {s}, {sx})::regclass;"
IS_THERE = "(SELECT count(*) FROM pg_indexes WHERE schemaname = {s} AND indexname = {sx})"


def remedy(report: Report, check: str) -> str:
    (found,) = (one for one in report.findings if one.check == check)
    return found.remedy


def invalid(name: str) -> str:
    index = InvalidIndex(
        schema=name, name=other_name(name), table=name, is_unique=False, definition="CREATE ...", size_bytes=8192
    )
    return remedy(judge(snapshot(invalid_indexes=(index,))), "index-left-invalid")


def unvalidated(name: str) -> str:
    one = UnvalidatedConstraint(
        schema=name, table=name, name=name, kind="c", definition="CHECK ...", table_bytes=8192, rows=9
    )
    return remedy(judge(snapshot(unvalidated=(one,))), "constraint-not-validated")


def overlap(name: str) -> str:
    return version_rows_overlap._delete(at(schema=name, name=name), "old", name)


def unread(name: str) -> str:
    own = replace(SERVER, role=name)
    hidden = session(1, database=own.database, hidden=True)
    seen = Situation(snapshot(server=own, sessions=(hidden,)), ())
    return "\n".join(one.remedy for one in seen.unseen_sessions() if isinstance(one, NotRun))


def unread_table(name: str) -> str:
    table = replace(at(schema=name, name="alembic_version"), revisions=None)
    with TemporaryDirectory() as folder:
        history = tree(Path(folder))
    seen = Situation(snapshot(server=replace(SERVER, role=name), version_tables=(table,)), (history,))
    return "\n".join(one.remedy for one in seen.unread_tables())


def roots(name: str) -> str:
    found = (one for own in behind(name) for one in PoolSituation(pileups(*own)).pileups)
    return "\n".join(lock_texts.root_remedy(one) for one in found)


SCHEMA: dict[str, Any] = {"before": TABLE, "after": DROPPED}
CASES = (
    Printed(id="index-left-invalid", remedy=invalid, before=TABLE + SPOILT, proof=f"{IS_THERE} = 0", after=DROPPED),
    Printed(id="index-that-is-valid-again", remedy=invalid, proof=f"{IS_THERE} = 1", **SCHEMA),
    Printed(
        id="constraint-not-validated",
        remedy=unvalidated,
        before=TABLE + "ALTER TABLE {i}.{i} ADD CONSTRAINT {i} CHECK (id > 0) NOT VALID;",
        proof="(SELECT convalidated FROM pg_constraint WHERE conrelid = format('%I.%I', {s}, {s})::regclass)",
        after=DROPPED,
        lines=2,
    ),
    Printed(
        id="version-rows-overlap",
        remedy=overlap,
        before=TABLE,
        proof="(SELECT string_agg(version_num, ' ') = {s} FROM {i}.{i})",
        after=DROPPED,
    ),
    Printed(
        id="version-row-that-is-alone",
        remedy=overlap,
        before=TABLE + "DELETE FROM {i}.{i} WHERE id = 2;",
        proof="(SELECT string_agg(version_num, ' ') = 'old' FROM {i}.{i})",
        after=DROPPED,
    ),
    Printed(id="unseen", remedy=unread, before="CREATE ROLE {i};", after="DROP ROLE {i};"),
    Printed(
        id="unread-table",
        remedy=unread_table,
        before="CREATE ROLE {i}; CREATE SCHEMA {i}; CREATE TABLE {i}.alembic_version (version_num text);",
        proof="(SELECT count(*) = 1 FROM information_schema.role_table_grants WHERE grantee = {s})",
        after="DROP SCHEMA {i} CASCADE; DROP ROLE {i};",
    ),
    Printed(id="roots", remedy=roots, lines=7),
)


@pytest.mark.parametrize("printed", CASES, ids=lambda one: one.id)
def test_it_is_typed_with_every_name(database: FreshDatabase, printed: Printed, tmp_path: Path) -> None:
    type_all(database, printed, str(tmp_path))
    assert list(tmp_path.iterdir()) == []
