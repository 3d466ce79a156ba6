"""Faults as they were reported in public, rebuilt: what must be found in each, and what must not."""

from __future__ import annotations

from pathlib import Path

import pytest

from forge_doctor.finding import Confidence, Severity
from tests.support.migration_cases import report_of, write_tree

DOWN = "\n\ndef downgrade():\n    raise NotImplementedError\n"
REPORTED: dict[str, tuple[str, set[str]]] = {
    "a flag for all customers": (
        'def upgrade():\n    op.add_column("customers", sa.Column("is_active", sa.Boolean(), nullable=False))\n',
        {"not-null-without-default"},
    ),
    "an enumeration that exists, told not to be created in the generic way": (
        (
            "# revision b002 after a001\n"
            'def upgrade():\n    op.create_table("runs", sa.Column("s", sa.Enum("a", name="runstatus")))\n'
            "# revision b003 after b002\n"
            'def upgrade():\n    op.create_table("jobs", sa.Column("s", sa.Enum("a", name="runstatus", create_type=False)))\n'
        ),
        {"enum-created-twice"},
    ),
    "an enumeration created by hand and by the table": (
        (
            "from sqlalchemy.dialects import postgresql\n"
            'def upgrade():\n    postgresql.ENUM("a", name="kind").create(op.get_bind(), checkfirst=True)\n'
            '    op.create_table("configs", sa.Column("kind", sa.Enum("a", name="kind"), nullable=False))\n'
        ),
        {"enum-created-twice"},
    ),
    "an enumeration renamed to another one": (
        (
            "# revision b002 after a001\n"
            "def upgrade():\n    op.execute(\"CREATE TYPE visibility AS ENUM ('all')\")\n"
            "    op.execute(\"CREATE TYPE pluginvisibility AS ENUM ('all')\")\n"
            "# revision b003 after b002\n"
            'def upgrade():\n    op.execute("ALTER TYPE visibility RENAME TO pluginvisibility")\n'
        ),
        {"enum-created-twice"},
    ),
    "a table that goes before those that refer to it": (
        (
            "# revision b002 after a001\n"
            'def upgrade():\n    op.create_table("entities", sa.Column("id", sa.Integer(), primary_key=True))\n'
            '    op.create_table("runs", sa.Column("e", sa.Integer()), sa.ForeignKeyConstraint(["e"], ["entities.id"]))\n'
            "# revision b003 after b002\n"
            'def upgrade():\n    op.drop_table("entities")\n    op.drop_table("runs")\n'
        ),
        {"drop-still-needed"},
    ),
    "policies in one text": (
        (
            'POLICY = """\nALTER TABLE orders ENABLE ROW LEVEL SECURITY;\n'
            'CREATE POLICY tenant ON orders USING (true);\n"""\n'
            "def upgrade():\n    if op.get_bind().dialect.name != 'postgresql':\n        return\n    op.execute(POLICY)\n"
        ),
        {"multiple-statements"},
    ),
    "policies one by one": (
        (
            'POLICY = """\nALTER TABLE orders ENABLE ROW LEVEL SECURITY;\n'
            'CREATE POLICY tenant ON orders USING (true);\n"""\n'
            "def upgrade():\n    for part in POLICY.split(';'):\n        if part.strip():\n            op.execute(part)\n"
        ),
        set(),
    ),
    "a foreign key without a name": (
        (
            'def upgrade():\n    op.create_table("images", sa.Column("id", sa.Integer(), primary_key=True))\n'
            '    op.add_column("orders", sa.Column("image_id", sa.Integer()))\n'
            '    op.create_foreign_key(None, "orders", "images", ["image_id"], ["id"])\n'
            '\n\ndef downgrade():\n    op.drop_constraint(None, "orders", type_="foreignkey")\n'
            '    op.drop_column("orders", "image_id")\n    op.drop_table("images")\n'
        ),
        {"drop-unnamed-constraint"},
    ),
    "a foreign key by the name the server gives": (
        (
            "# revision b002 after a001\n"
            'def upgrade():\n    op.create_table("certs", sa.Column("o", sa.Integer(), sa.ForeignKey("orders.id")))\n'
            "# revision b003 after b002\n"
            'def upgrade():\n    op.drop_constraint("certs_o_fkey", "certs", type_="foreignkey")\n'
            '\n\ndef downgrade():\n    op.create_foreign_key("certs_o_fkey", "certs", "orders", ["o"], ["id"])\n'
        ),
        set(),
    ),
    "an enumeration added in a batch": (
        (
            'def upgrade():\n    kind = sa.Enum("a", name="studykind")\n    with op.batch_alter_table("orders") as batch_op:\n'
            '        batch_op.add_column(sa.Column("kind", kind))\n'
        ),
        {"enum-type-missing"},
    ),
    "a default in the way of a new type": (
        (
            "# revision b002 after a001\n"
            'def upgrade():\n    op.alter_column("orders", "status", server_default="new")\n'
            "# revision b003 after b002\n"
            'def upgrade():\n    sa.Enum("new", name="st").create(op.get_bind())\n'
            '    op.alter_column("orders", "status", type_=sa.Enum("new", name="st"), postgresql_using="status::st")\n'
        ),
        {"alter-type-needs-using"},
    ),
    "a first revision that changes what it does not make": (
        (
            '# revision a001\ndef upgrade():\n    op.execute("ALTER TABLE checkpoints DROP CONSTRAINT a_fkey")\n'
            '    op.alter_column("checkpoints", "id", type_=sa.Uuid(), postgresql_using="gen_random_uuid()")\n'
        ),
        set(),  # and a warning: see below
    ),
}


@pytest.mark.parametrize("name", REPORTED)
def test_what_was_reported_is_found_and_nothing_else_as_grave(name: str, tmp_path: Path) -> None:
    case, expected = REPORTED[name]
    report = report_of(write_tree(tmp_path, case))
    grave = {one.check for one in report.findings if one.severity is Severity.CRITICAL}
    assert grave == expected
    assert not report.not_run


def test_a_tree_that_does_not_begin_at_nothing_is_told(tmp_path: Path) -> None:
    case, _ = REPORTED["a first revision that changes what it does not make"]
    found = report_of(write_tree(tmp_path, case), "table-never-created").findings
    assert [(one.location.line, one.confidence) for one in found] == [(8, Confidence.MEDIUM)]


def test_a_loop_over_tenants_is_judged_less_surely(tmp_path: Path) -> None:
    case = (
        "def upgrade():\n    for schema in op.get_bind().execute(sa.text('SELECT nspname FROM pg_namespace')).scalars():\n"
        '        op.add_column("orders", sa.Column("x", sa.Integer(), nullable=False), schema=schema)\n'
        "        op.execute(f'CREATE INDEX ix ON \"{schema}\".orders (x)')\n" + DOWN
    )
    found = report_of(write_tree(tmp_path, case)).findings
    assert {(one.check, one.confidence) for one in found} == {
        ("not-null-without-default", Confidence.MEDIUM),
        ("index-not-concurrent", Confidence.MEDIUM),
    }
