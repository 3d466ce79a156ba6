"""Where a session is given to something, told by the bytes."""

from __future__ import annotations

import pytest

from forge_doctor.lint.dataflow.expired.expiring import places_handed


@pytest.mark.parametrize(
    ("code", "places"),
    [
        (b"save(session, db=my_db)", [5, 17]),
        (b"save(self.session)", []),
        (b"save(session.bind, [db])", []),
        (b"save(user, db_session\n)", [11]),
        (b"session)", []),
        (b"save(" + b"x" * 40 + b"db)", [5]),
        (b"save(" + b"x" * 41 + b"db)", []),
    ],
)
def test_where_a_session_is_among_arguments(code: bytes, places: list[int]) -> None:
    assert places_handed(code) == places
