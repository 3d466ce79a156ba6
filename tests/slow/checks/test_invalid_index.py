"""invalid-index: what a failed CREATE INDEX CONCURRENTLY left."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.slow_snapshots import findings, index, only, snapshot


@pytest.mark.parametrize(
    ("of_index", "number"), [({"valid": False}, 1), ({"valid": True}, 0), ({"valid": False, "being_made": True}, 0)]
)
def test_invalid_and_not_being_made(of_index: dict[str, Any], number: int) -> None:
    assert len(findings("invalid-index", snapshot(indexes=(index("t", "a", **of_index),)))) == number


@pytest.mark.parametrize(("name", "again"), [("t_a_idx", True), ("t_a_idx_ccnew", False), ("t_a_idx_ccold1", False)])
def test_what_reindex_left_is_only_dropped(name: str, again: bool) -> None:
    found = only("invalid-index", snapshot(indexes=(index("t", "a", valid=False, name=name),)))
    assert f"WHERE NOT i.indisvalid AND n.nspname = 'public' AND c.relname = '{name}'" in found.remedy
    assert found.remedy.splitlines()[0].endswith(" \\gexec")
    assert ("REINDEX INDEX CONCURRENTLY" in found.remedy) is again


@pytest.mark.parametrize(
    ("of_index", "words"),
    [
        ({"ready": True}, "every write keeps it up."),
        ({"ready": False}, "writes pass it over"),
        ({"ready": True, "unique": True}, "It refuses duplicates all the same."),
    ],
)
def test_what_it_costs(of_index: dict[str, Any], words: str) -> None:
    found = only("invalid-index", snapshot(indexes=(index("t", "a", valid=False, **of_index),)))
    assert words in found.message
    assert ("while there are duplicates" in found.remedy) is bool(of_index.get("unique"))


def test_what_enforces_something_is_made_again_only() -> None:
    found = only("invalid-index", snapshot(indexes=(index("t", "a", valid=False, constraint=True),)))
    assert found.remedy == 'REINDEX INDEX CONCURRENTLY "public"."t_a_idx";'


def test_on_a_standby_the_primary_is_named() -> None:
    found = only("invalid-index", snapshot(indexes=(index("t", "a", valid=False),), in_recovery=True))
    assert found.remedy.startswith("-- on the primary")
