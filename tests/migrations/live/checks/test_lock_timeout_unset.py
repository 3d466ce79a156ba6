from dataclasses import replace
from pathlib import Path

from forge_doctor.migrations.history import History
from forge_doctor.migrations.judge import read
from forge_doctor.migrations.live.snapshot import LockTimeout
from forge_doctor.migrations.tree.places import places
from tests.support.live_migrations import SERVER, at, judge, snapshot, told, tree
from tests.support.migration_trees import ENV

CHECK = "lock-timeout-unset"
BARE = ENV.replace("""            connection.execute(text("SET lock_timeout = '4s'"))\n""", "")


def bare(folder: Path) -> History:
    """The shop whose env.py sets no limit."""
    tree(folder)
    (folder / "migrations/env.py").write_text(BARE)
    return read(next(iter(places(folder))), folder)


def test_pending_locks_without_a_limit_are_told(tmp_path: Path) -> None:
    history = bare(tmp_path)
    [found] = told(judge(snapshot(), history), CHECK)
    assert "c003" in found.message
    assert told(judge(snapshot(version_tables=(at("c003"),)), history), CHECK) == []


def test_each_place_where_it_may_be_set_silences_it(tmp_path: Path) -> None:
    assert told(judge(snapshot(), tree(tmp_path)), CHECK) == []
    history = bare(tmp_path)
    told_role = LockTimeout(role="migrator", database="", value="5s")
    for server in (replace(SERVER, lock_timeout_ms=4000), replace(SERVER, lock_timeouts=(told_role,))):
        assert told(judge(snapshot(server=server), history), CHECK) == []
