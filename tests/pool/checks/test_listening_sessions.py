"""listening-sessions: one LISTEN a user."""

import pytest

from forge_doctor.finding import Severity
from tests.support.snapshots import findings, session, snapshot


def listeners(number: int, statement: str = "LISTEN orders") -> tuple[object, ...]:
    return tuple(session(pid, statement=statement) for pid in range(number))


@pytest.mark.parametrize(
    ("number", "severity"), [(4, None), (5, Severity.INFO), (9, Severity.INFO), (10, Severity.WARNING)]
)
def test_five_are_told_a_fifth_of_47_slots_is_a_warning(number: int, severity: Severity | None) -> None:
    found = findings("listening-sessions", snapshot(*listeners(number)))
    assert [one.severity for one in found] == ([] if severity is None else [severity])


def test_a_connection_used_since_does_not_count() -> None:
    assert findings("listening-sessions", snapshot(*listeners(9, "SELECT ?"))) == ()
