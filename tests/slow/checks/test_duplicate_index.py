"""duplicate-index: what another one says as well."""

from __future__ import annotations

from typing import Any

import pytest

from forge_doctor.finding import Confidence
from tests.support.slow_snapshots import findings, index, only, snapshot


def told(*indexes: Any) -> list[str]:
    return [one.location.target.rpartition(".")[2] for one in findings("duplicate-index", snapshot(indexes=indexes))]


def test_the_same_twice_is_told_once() -> None:
    assert told(index("t", "a", name="one"), index("t", "a", name="other")) == ["other"]


@pytest.mark.parametrize(
    ("first", "second", "gone"),
    [
        (index("t", "a"), index("t", "a", "b"), ["t_a_idx"]),
        (index("t", "b"), index("t", "a", "b"), []),
        (index("t", "a", unique=True), index("t", "a", "b"), []),
        (index("t", "a"), index("t", "a", unique=True, constraint=True, name="t_pkey"), ["t_a_idx"]),
        (index("t", "a", predicate="b"), index("t", "a", "b"), []),
        (index("t", "a", method="hash"), index("t", "a", "b"), []),
        (index("t", "a", method="gin", name="g"), index("t", "a", "b", method="gin"), []),
        (index("t", "a", valid=False), index("t", "a", "b"), []),
        (index("t", "a", includes=("c",)), index("t", "a", "b"), []),
        (index("t", "a", options="1 0 0"), index("t", "a", "b", options="1 2 0 0 0 0"), ["t_a_idx"]),
        (index("t", "a", options="1 0 3"), index("t", "a", "b", options="1 2 0 0 0 0"), []),
        (index("t", "a", options="9 0 0"), index("t", "a", "b", options="1 2 0 0 0 0"), []),
        (index("t", "a"), index("u", "a", "b"), []),
    ],
)
def test_which_one_is_superfluous(first: Any, second: Any, gone: list[str]) -> None:
    assert told(first, second) == gone


def test_how_sure() -> None:
    longer = only("duplicate-index", snapshot(indexes=(index("t", "a"), index("t", "a", "b"))))
    same = only("duplicate-index", snapshot(indexes=(index("t", "a", name="x"), index("t", "a", name="y"))))
    assert (longer.confidence, same.confidence) == (Confidence.MEDIUM, Confidence.HIGH)
