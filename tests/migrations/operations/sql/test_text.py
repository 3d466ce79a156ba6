"""SQL is read though a part of it is only known when it runs; what is wholly unknown is said to be."""

from __future__ import annotations

from pathlib import Path

import pytest

from forge_doctor.migrations.judge import read
from forge_doctor.migrations.operations.operation import (
    AddConstraint,
    ChangeRows,
    CreateTable,
    Operation,
    OtherSql,
    Unresolved,
)
from forge_doctor.migrations.operations.type_operations import CreateEnum
from forge_doctor.migrations.tree.places import places
from tests.support.migration_cases import write_tree


@pytest.mark.parametrize(
    ("sql", "kind"),
    [
        ("CREATE TYPE k AS ENUM ({x})", CreateEnum),
        ("INSERT INTO orders (a, b) VALUES {x} ON CONFLICT DO NOTHING", ChangeRows),
        ("UPDATE orders SET {x} WHERE id = 1", ChangeRows),
        ("UPDATE orders SET status = :new WHERE status IN :old", ChangeRows),
        ("UPDATE orders SET status = %(new)s WHERE id = %s", ChangeRows),
        ("ALTER TABLE {x} ADD FOREIGN KEY ({x}) REFERENCES {x} ({x}) ON DELETE {x}", AddConstraint),
        ("CREATE TABLE n (\n id int\n {x}\n)", CreateTable),
        ("COMMENT ON COLUMN {x}.{x} IS {x}", OtherSql),
        ("SET LOCAL role = '{x}'", Operation),
        ("{x}", Unresolved),
        ("{x} LIMIT 10", Unresolved),
        ("PRAGMA foreign_keys = ON", Unresolved),
    ],
)
def test_a_statement_with_unknown_parts_is_read(sql: str, kind: type[Operation], tmp_path: Path) -> None:
    write_tree(tmp_path, f"def upgrade():\n    x = given()\n    op.execute(sa.text(f'''{sql}'''))\n")
    (place,) = places(tmp_path)
    (operation,) = read(place, tmp_path).changes[-1][0].body.operations
    assert isinstance(operation, kind)


@pytest.mark.parametrize("call", ['log.info("x")', 'logger.warning(f"{1}")', 'click.echo("x")'])
def test_what_is_only_said_is_no_operation(call: str, tmp_path: Path) -> None:
    write_tree(tmp_path, f"from shop.logs import log, logger\nimport click\ndef upgrade():\n    {call}\n")
    (place,) = places(tmp_path)
    assert read(place, tmp_path).changes[-1][0].body.operations == ()
