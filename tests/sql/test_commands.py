"""The kind of a statement by its first words."""

import pytest

from forge_doctor.sql.commands import changes_schema, command_of


@pytest.mark.parametrize(
    ("statement", "command", "changes"),
    [
        ("alter table orders add x int", "ALTER TABLE", True),
        ("CREATE UNIQUE INDEX CONCURRENTLY i ON t (n)", "CREATE INDEX", True),
        ("(SELECT ?) UNION SELECT ?", "SELECT", False),
        ("WITH a AS (SELECT ?) UPDATE t SET n = ?", "WITH", False),
        ("autovacuum: VACUUM public.t (to prevent wraparound)", "VACUUM", False),
        ("LOCK TABLE t IN EXCLUSIVE MODE", "LOCK", True),
        ("TRUNCATE t", "TRUNCATE", True),
        ("", "", False),
        ("?", "", False),
    ],
)
def test_first_words(statement: str, command: str, changes: bool) -> None:
    assert (command_of(statement), changes_schema(statement)) == (command, changes)
