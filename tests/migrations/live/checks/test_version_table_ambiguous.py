from pathlib import Path

from tests.support.live_migrations import at, judge, snapshot, told, tree


def test_a_second_table_with_the_trees_revisions_is_told(tmp_path: Path) -> None:
    seen = snapshot(version_tables=(at("a001", schema="app"), at("b002")))
    [found] = told(judge(seen, tree(tmp_path)), "version-table-ambiguous")
    assert "app.alembic_version at a001" in found.message
    assert "different revisions" in found.message


def test_another_applications_table_is_no_rival(tmp_path: Path) -> None:
    seen = snapshot(version_tables=(at("b002"), at("f00", schema="billing")))
    assert told(judge(seen, tree(tmp_path)), "version-table-ambiguous") == []


def test_tenants_at_one_revision_are_in_order(tmp_path: Path) -> None:
    tenants = tuple(at("b002", schema=f"tenant_{number}") for number in range(5))
    assert told(judge(snapshot(version_tables=tenants), tree(tmp_path)), "version-table-ambiguous") == []


def test_a_tenant_that_stayed_behind_is_told(tmp_path: Path) -> None:
    tenants = tuple(at("b002", schema=f"tenant_{number}") for number in range(5))
    seen = snapshot(version_tables=(at("a001", schema="tenant_9"), *tenants))
    [found] = told(judge(seen, tree(tmp_path)), "version-table-ambiguous")
    assert "a001: tenant_9.alembic_version" in found.message


def test_a_renamed_table_is_found_by_its_shape(tmp_path: Path) -> None:
    report = judge(snapshot(version_tables=(at("b002", name="schema_state", schema="ops"),)), tree(tmp_path))
    assert "at b002, 1 of 3 revisions pending" in report.headline
