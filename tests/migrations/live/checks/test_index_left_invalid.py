from dataclasses import replace
from pathlib import Path

from forge_doctor.finding import Severity
from forge_doctor.migrations.live.snapshot import InvalidIndex
from tests.support.live_migrations import judge, snapshot, told, tree

INDEX = InvalidIndex(
    schema="public", name="ix_note", table="orders", is_unique=False, definition="CREATE INDEX ...", size_bytes=8192
)


def test_an_invalid_index_is_told_where_the_revision_makes_it(tmp_path: Path) -> None:
    [found] = told(judge(snapshot(invalid_indexes=(INDEX,)), tree(tmp_path)), "index-left-invalid")
    assert [one.location and one.location.target for one in found.related] == ["migrations/versions/c003.py"]
    assert "NOT i.indisvalid" in found.remedy


def test_a_unique_one_is_worse_since_it_refuses_rows() -> None:
    [found] = told(judge(snapshot(invalid_indexes=(replace(INDEX, is_unique=True),))), "index-left-invalid")
    assert found.severity is Severity.ERROR


def test_one_that_may_be_under_construction_is_not_told() -> None:
    assert told(judge(snapshot(invalid_indexes=(replace(INDEX, maybe_building=True),))), "index-left-invalid") == []


def test_the_remains_of_a_reindex_are_only_dropped() -> None:
    [found] = told(judge(snapshot(invalid_indexes=(replace(INDEX, name="ix_note_ccnew1"),))), "index-left-invalid")
    assert "REINDEX CONCURRENTLY" in found.message
    assert "make it again" not in found.remedy
