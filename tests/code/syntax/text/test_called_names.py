"""Names told by the bytes of a file alone."""

from __future__ import annotations

import pytest

from forge_doctor.code.syntax.text.called_names import is_of_self, places_behind_dot


@pytest.mark.parametrize(
    ("code", "places"),
    [
        (b"a.id + f(x).id + c[0].id", [2, 12, 22]),
        (b"a.id", [2]),
        (b"a.ident + a.id_ + a.id2", []),
        (b".id, ..id, 'x'.id", []),
        (b"a.id.id", [2, 5]),
        (b"", []),
    ],
)
def test_where_a_name_is_read_of_something(code: bytes, places: list[int]) -> None:
    assert [*places_behind_dot(code, b"id")] == places


@pytest.mark.parametrize(
    ("code", "is_own"),
    [(b"self.id", True), (b"(self.id", True), (b"myself.id", False), (b"a.self.id", False), (b"user.id", False)],
)
def test_what_is_read_of_self(code: bytes, is_own: bool) -> None:
    assert is_of_self(code, code.index(b"id")) is is_own
