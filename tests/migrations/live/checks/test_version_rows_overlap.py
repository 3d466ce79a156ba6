from pathlib import Path

from tests.support.live_migrations import at, judge, snapshot, told, tree
from tests.support.migration_trees import revision


def test_a_row_behind_another_is_told_with_a_guarded_statement(tmp_path: Path) -> None:
    [found] = told(judge(snapshot(version_tables=(at("a001", "b002"),)), tree(tmp_path)), "version-rows-overlap")
    assert found.remedy.startswith(
        'DELETE FROM "public"."alembic_version" AS o WHERE o.version_num = \'a001\' AND EXISTS'
    )


def test_two_branches_are_how_it_works(tmp_path: Path) -> None:
    history = tree(tmp_path, d003=revision("d003", "b002", "pass"))
    assert told(judge(snapshot(version_tables=(at("c003", "d003"),)), history), "version-rows-overlap") == []
