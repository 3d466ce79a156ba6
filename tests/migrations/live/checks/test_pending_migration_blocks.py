from dataclasses import replace
from pathlib import Path

from forge_doctor.finding import Confidence, Severity
from tests.support.live_migrations import ORDERS, at, judge, snapshot, told, tree
from tests.support.migration_trees import revision

CHECK = "pending-migration-blocks"


def test_an_index_on_a_large_table_is_told_at_its_line_with_a_range(tmp_path: Path) -> None:
    [found] = told(judge(snapshot(), tree(tmp_path)), CHECK)
    assert str(found.location).startswith("migrations/versions/c003.py:11")
    assert (
        "builds an index on orders (4.0 GB, about 40,000,000 rows) under SHARE: writes wait for 20 s to 3 min"
        in found.message
    )
    assert found.confidence is Confidence.MEDIUM


def test_the_longer_it_takes_the_worse_it_is(tmp_path: Path) -> None:
    history = tree(tmp_path)

    def severity(size_bytes: int) -> list[Severity]:
        table = replace(ORDERS, size_bytes=size_bytes)
        return [one.severity for one in told(judge(snapshot(tables=(table,)), history), CHECK)]

    assert severity(20 << 20) == []
    assert severity(60 << 20) == [Severity.WARNING]
    assert severity(2 << 30) == [Severity.ERROR]


def test_what_was_run_is_not_pending(tmp_path: Path) -> None:
    assert told(judge(snapshot(version_tables=(at("c003"),)), tree(tmp_path)), CHECK) == []


def test_a_table_that_a_pending_revision_makes_costs_nothing(tmp_path: Path) -> None:
    seen = snapshot(version_tables=(), tables=(replace(ORDERS, name="elsewhere"),))
    assert told(judge(seen, tree(tmp_path)), CHECK) == []


def test_a_rename_before_is_followed_to_the_table_of_now(tmp_path: Path) -> None:
    steps = 'op.rename_table("orders", "purchases")\n    op.create_index("ix_p", "purchases", ["note"])'
    found = told(judge(snapshot(), tree(tmp_path, c003=revision("c003", "b002", steps))), CHECK)
    assert ["orders" in one.message for one in found] == [True]


def test_the_table_lists_every_operation_as_an_estimate(tmp_path: Path) -> None:
    [table] = judge(snapshot(), tree(tmp_path)).tables
    assert table.rows[0][0] == "c003"
    assert table.rows[0][-1] == "20 s to 3 min"
    assert "estimate" in table.note
