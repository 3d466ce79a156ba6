from pathlib import Path

from forge_doctor.finding import Confidence
from tests.support.live_migrations import at, judge, sizes, snapshot, told, tree


def test_a_row_that_no_file_has_is_told_with_the_head_to_go_back_to(tmp_path: Path) -> None:
    [found] = told(judge(snapshot(version_tables=(at("d004"),)), tree(tmp_path)), "database-ahead-of-code")
    assert "d004" in found.message
    assert "alembic downgrade c003" in found.remedy
    assert found.confidence is Confidence.HIGH


def test_a_row_of_another_application_is_not(tmp_path: Path) -> None:
    seen = snapshot(version_tables=(at("f00"),), tables=sizes("users"))
    assert told(judge(seen, tree(tmp_path)), "database-ahead-of-code") == []


def test_one_unknown_row_beside_a_known_one_is_told(tmp_path: Path) -> None:
    seen = snapshot(version_tables=(at("b002", "x9"),), tables=())
    assert len(told(judge(seen, tree(tmp_path)), "database-ahead-of-code")) == 1


def test_nothing_is_pending_where_the_database_is_ahead(tmp_path: Path) -> None:
    report = judge(snapshot(version_tables=(at("d004"),)), tree(tmp_path))
    assert told(report, "pending-migration-blocks") == []


def test_a_table_that_may_not_be_read_is_said(tmp_path: Path) -> None:
    from dataclasses import replace

    report = judge(snapshot(version_tables=(replace(at(), revisions=None),)), tree(tmp_path))
    assert [one.remedy.partition(";")[0] for one in report.not_run] == [
        'GRANT SELECT ON "public"."alembic_version" TO "deployer"'
    ]
