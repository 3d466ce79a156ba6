"""held-by-dependency: the last statement is a dependency's, and requests wait for something else."""

from dataclasses import replace

import pytest

from forge_doctor.finding import Confidence, Severity
from forge_doctor.pool.causes import join_causes
from forge_doctor.pool.snapshot import PoolSnapshot, StatementLine
from tests.support.snapshots import findings, idle_in_transaction, only, serving, snapshot


def line(pid: int, runs_as: str = "dependency", **overrides: object) -> StatementLine:
    own = StatementLine(
        pid=pid,
        file="app/auth.py",
        line=12,
        function="current_user",
        confidence=Confidence.LOW,
        why="builds this statement",
        runs_as=runs_as,
        ended=True,
    )
    return replace(own, **overrides)  # type: ignore[arg-type]


def waiting(*lines: StatementLine, number: int = 3, requests: int = 3) -> PoolSnapshot:
    sessions = [idle_in_transaction(pid, 6.0 + pid) for pid in range(number)]
    return snapshot(*sessions, processes=(serving(7, *sessions, requests=requests),), statement_lines=lines)


@pytest.mark.parametrize(("number", "requests", "told"), [(3, 3, 1), (2, 3, 0), (3, 2, 0)])
def test_three_sessions_after_the_query_and_a_request_for_each(number: int, requests: int, told: int) -> None:
    seen = waiting(*(line(pid) for pid in range(number)), number=number, requests=requests)
    assert len(findings("held-by-dependency", seen)) == told


def test_it_names_the_dependency_and_its_line_and_harms_no_request() -> None:
    found = only("held-by-dependency", waiting(*(line(pid) for pid in range(3)), requests=5))
    assert "current_user (app/auth.py:12) asks the database" in found.message
    assert "About 2 more wait for a connection" in found.message
    assert (found.severity, found.confidence) == (Severity.ERROR, Confidence.MEDIUM)
    assert "in current_user" in found.remedy
    assert "Not pg_terminate_backend" in found.remedy
    assert found.sessions == (0, 1, 2)
    assert found.code is not None
    assert found.code.function == "current_user"


def test_a_line_of_the_endpoint_that_sends_the_same_is_as_likely() -> None:
    lines = [line(pid) for pid in range(3)]
    rival = [line(pid, "", line=40, function="chat") for pid in range(3)]
    assert findings("held-by-dependency", waiting(*lines, *rival)) == ()
    assert findings("held-by-dependency", waiting()) == ()


def test_that_requests_hold_them_is_then_its_evidence() -> None:
    seen = waiting(*(line(pid) for pid in range(3)))
    joined = join_causes([only("held-by-dependency", seen), only("held-by-requests", seen)])
    assert [one.check for one in joined] == ["held-by-dependency"]
    assert [one.check for one in joined[0].related] == ["held-by-requests"]
