"""connection-limit-low: a role's or a database's own limit, whatever the server has free."""

import pytest

from forge_doctor.finding import Severity
from tests.support.snapshots import findings, only, server, session, snapshot


@pytest.mark.parametrize(("taken", "severity"), [(7, None), (8, Severity.WARNING), (10, Severity.CRITICAL)])
def test_the_thresholds_of_a_role_with_ten(taken: int, severity: Severity | None) -> None:
    seen = snapshot(*(session(pid) for pid in range(taken)), server=server(role_limits={"shop": 10, "other": 1}))
    assert [found.severity for found in findings("connection-limit-low", seen)] == (
        [] if severity is None else [severity]
    )


def test_a_database_has_a_limit_too() -> None:
    seen = snapshot(*(session(pid) for pid in range(5)), server=server(database_limits={"shop": 5}))
    assert "database shop has 5 of the 5" in only("connection-limit-low", seen).message


def test_superusers_are_held_to_no_limit() -> None:
    seen = snapshot(*(session(pid) for pid in range(5)), server=server(role_limits={"shop": 5}, superusers=("shop",)))
    assert findings("connection-limit-low", seen) == ()
