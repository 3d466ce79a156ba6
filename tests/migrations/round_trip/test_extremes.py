"""Steps that fail only on rows as one of the two schemas takes them: told with the row they need, and silent where mended."""

from __future__ import annotations

from pathlib import Path

import pytest

from forge_doctor.migrations.round_trip.run import run_round_trip
from tests.support.postgres import PostgresServer
from tests.support.trip_projects import chain, project, travel

BEGIN = (
    """op.execute("CREATE TYPE state AS ENUM ('open', 'closed')")
    op.execute("CREATE TABLE halls (id int PRIMARY KEY)")
    op.execute("CREATE TABLE boxes (id int PRIMARY KEY, name varchar(12) NOT NULL, note text, mark text NOT NULL)")
    op.execute("CREATE TABLE shelves (id int PRIMARY KEY, hall int, name varchar(12) NOT NULL, note text, mark text NOT NULL, "
               "state state NOT NULL, size int NOT NULL)")""",
    """op.execute("DROP TABLE shelves")
    op.execute("DROP TABLE boxes")
    op.execute("DROP TABLE halls")
    op.execute("DROP TYPE state")""",
)
NARROW_ENUM = """op.execute("ALTER TYPE state RENAME TO state_old")
    op.execute("CREATE TYPE state AS ENUM ('open', 'closed')")
    op.execute("ALTER TABLE shelves ALTER state TYPE state USING state::text::state")
    op.execute("DROP TYPE state_old")"""
REVISIONS = chain(
    BEGIN,
    ('op.alter_column("shelves", "mark", nullable=True)', 'op.alter_column("shelves", "mark", nullable=False)'),
    ('op.alter_column("shelves", "note", nullable=False)', 'op.alter_column("shelves", "note", nullable=True)'),
    ('op.create_unique_constraint("uq_name", "shelves", ["name"])', 'op.drop_constraint("uq_name", "shelves")'),
    (
        'op.create_foreign_key("fk_hall", "shelves", "halls", ["hall"], ["id"])',
        'op.drop_constraint("fk_hall", "shelves")',
    ),
    (
        'op.alter_column("shelves", "name", type_=sa.String(40))',
        'op.alter_column("shelves", "name", type_=sa.String(12))',
    ),
    ("""op.execute("ALTER TYPE state ADD VALUE IF NOT EXISTS 'lost'")""", NARROW_ENUM),
    (
        'op.alter_column("shelves", "size", type_=sa.BigInteger)',
        'op.alter_column("shelves", "size", type_=sa.Integer)',
    ),
    (
        'op.create_check_constraint("ck_size", "shelves", "size > 0 AND size < id * 1000")',
        'op.drop_constraint("ck_size", "shelves")',
    ),
    (
        'op.drop_constraint("ck_size", "shelves")',
        'op.create_check_constraint("ck_size", "shelves", "size > 0 AND size < id * 1000")',
    ),
    (
        """op.execute("ALTER TABLE shelves ALTER mark TYPE integer USING nullif(mark, '')::integer")""",
        'op.alter_column("shelves", "mark", type_=sa.Text)',
    ),
    (
        'op.alter_column("shelves", "id", type_=sa.Text)',
        'op.alter_column("shelves", "id", type_=sa.Integer, postgresql_using="id::integer")',
    ),
    # What changes such rows first, or asks of new ones alone, is silent.
    (
        """op.execute("DELETE FROM boxes WHERE id < 0")
    op.create_check_constraint("ck_id", "boxes", "id > -1")""",
        'op.drop_constraint("ck_id", "boxes")',
    ),
    (
        'op.create_check_constraint("ck_name", "boxes", "name <> \'\'", postgresql_not_valid=True)',
        'op.drop_constraint("ck_name", "boxes")',
    ),
    (
        'op.alter_column("boxes", "mark", nullable=True)',
        """op.execute("UPDATE boxes SET mark = '' WHERE mark IS NULL")
    op.alter_column("boxes", "mark", nullable=False)""",
    ),
    (
        """op.execute("UPDATE boxes SET note = '' WHERE note IS NULL")
    op.alter_column("boxes", "note", nullable=False)""",
        'op.alter_column("boxes", "note", nullable=True)',
    ),
    (
        'op.alter_column("boxes", "name", type_=sa.String(40))',
        'op.alter_column("boxes", "name", type_=sa.String(12), postgresql_using="left(name, 12)")',
    ),
    ('op.add_column("boxes", sa.Column("code", sa.Integer, unique=True))', 'op.drop_column("boxes", "code")'),
)


@pytest.mark.slow
def test_what_the_wider_schema_takes_is_tried_on_the_narrower(postgres18: PostgresServer, tmp_path: Path) -> None:
    report = run_round_trip(travel(project(tmp_path, **REVISIONS), postgres18))
    told = {
        one.location.target.rpartition("/")[2].removesuffix(".py"): (
            one.check,
            one.severity.label,
            one.confidence.label,
            one.message.partition(" where rows have ")[2].partition(":")[0],
        )
        for one in report.findings
    }
    assert told == {
        "r2": ("downgrade-fails", "warning", "medium", "NULL in shelves.mark"),
        "r3": ("upgrade-fails", "warning", "medium", "NULL in shelves.note"),
        "r4": ("upgrade-fails", "info", "low", "the same name twice in shelves"),
        "r5": ("upgrade-fails", "info", "low", "a value that no row of the other table has in shelves.hall"),
        "r6": ("downgrade-fails", "warning", "medium", "13 characters in shelves.name"),
        "r7": ("downgrade-fails", "warning", "medium", "'lost' in shelves.state"),
        "r8": ("downgrade-fails", "warning", "medium", "3000000000 in shelves.size"),
        "r9": ("upgrade-fails", "info", "low", "what ck_size refuses in shelves.size"),
        "r10": ("downgrade-fails", "warning", "medium", "what ck_size refuses in shelves.size"),
        "r11": ("upgrade-fails", "info", "low", "any other text in shelves.mark"),
        "r12": ("downgrade-fails", "warning", "medium", "any other text in shelves.id"),
    }
    counted = next(one.remedy for one in report.findings if "shelves.note" in one.message)
    assert 'SELECT count(*) FROM "public"."shelves" WHERE "note" IS NULL;' in counted
