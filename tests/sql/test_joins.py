"""Which tables nothing joins."""

from __future__ import annotations

import pytest

from forge_doctor.sql.joins import unjoined


@pytest.mark.parametrize(
    ("statement", "groups"),
    [
        ("SELECT 1 FROM a, b", (("a",), ("b",))),
        ("SELECT 1 FROM a x JOIN b ON b.a_id = x.id, c y WHERE y.n > 3", (("a", "b"), ("c",))),
        ("SELECT 1 FROM d WHERE EXISTS (SELECT 1 FROM a, b)", (("a",), ("b",))),
        ("SELECT 1 FROM a, b WHERE a.id = b.a_id AND a.n = $1", ()),
        ("SELECT 1 FROM a, b WHERE lower(a.n) = lower(b.n)", ()),
        ("SELECT 1 FROM a, LATERAL (SELECT 1 FROM b WHERE b.a_id = a.id) c", ()),
        ("not SQL at all", ()),
    ],
)
def test_groups(statement: str, groups: tuple[tuple[str, ...], ...]) -> None:
    assert unjoined(statement) == groups
