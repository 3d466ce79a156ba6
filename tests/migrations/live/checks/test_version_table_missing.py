from pathlib import Path

from tests.support.live_migrations import at, judge, sizes, snapshot, told, tree


def test_tables_without_a_version_table_are_told_with_the_revision_they_fit(tmp_path: Path) -> None:
    seen = snapshot(version_tables=(), tables=sizes("orders"))
    [found] = told(
        judge(seen, tree(tmp_path), limits={"version-table-missing": {"tables": 1}}), "version-table-missing"
    )
    assert "a001" in found.message
    assert found.remedy.endswith("alembic stamp a001")


def test_an_empty_version_table_is_the_same_fault(tmp_path: Path) -> None:
    [found] = told(judge(snapshot(version_tables=(at(),)), tree(tmp_path)), "version-table-missing")
    assert "alembic_version is empty" in found.message
    # The index of the last revision is no table: both revisions fit.
    assert "alembic stamp REVISION" in found.remedy


def test_an_empty_database_is_in_order(tmp_path: Path) -> None:
    report = judge(snapshot(version_tables=(), tables=()), tree(tmp_path))
    assert report.findings == ()
    assert "no table alembic_version" in report.headline


def test_tables_of_another_application_are_not_the_trees(tmp_path: Path) -> None:
    seen = snapshot(version_tables=(), tables=sizes("users", "posts", "tags"))
    assert told(judge(seen, tree(tmp_path)), "version-table-missing") == []
