"""connection-churn: opened for each piece of work instead of kept."""

from dataclasses import replace

import pytest

from forge_doctor.finding import Confidence, Severity
from forge_doctor.pool.snapshot import Looks
from tests.support.snapshots import findings, only, session, snapshot, worker


@pytest.mark.parametrize(("opened", "number"), [(19, 0), (20, 1)])
def test_two_a_second_over_several_looks(opened: int, number: int) -> None:
    seen = snapshot(session(1), looks=Looks(window_s=10.0, opened=opened))
    assert len(findings("connection-churn", seen)) == number


def young(number: int, age_s: float = 1.0) -> tuple:  # type: ignore[type-arg]
    return tuple(session(pid, backend_age_s=age_s) for pid in range(number))


def test_one_look_finds_a_worker_whose_connections_are_all_new() -> None:
    assert findings("connection-churn", snapshot(*young(2))) == ()
    found = only("connection-churn", snapshot(*young(3)))
    assert found.confidence is Confidence.MEDIUM
    assert "forge-doctor pool --duration 10" in found.remedy


def test_one_old_connection_shows_that_they_are_kept() -> None:
    assert findings("connection-churn", snapshot(*young(3), session(9, backend_age_s=2.0))) == ()


@pytest.mark.parametrize("age_s", [59.0, None])
def test_a_worker_that_has_just_started_opens_all_anew(age_s: float | None) -> None:
    assert findings("connection-churn", snapshot(*young(5), processes=(worker(7, *young(5), age_s=age_s),))) == ()


def test_workers_that_keep_theirs_are_not_blamed_for_what_scripts_open() -> None:
    kept, script = session(1, backend_age_s=600.0), session(2, backend_age_s=0.4)
    seen = snapshot(kept, script, processes=(worker(7, kept),), looks=Looks(window_s=5.0, opened=50))
    found = only("connection-churn", seen)
    assert (found.severity, found.remedy) == (Severity.INFO, "")
    assert "The workers keep theirs" in found.message
    idle = replace(seen, processes=(worker(7, kept), worker(8)))
    assert only("connection-churn", idle).severity is Severity.WARNING


def test_whose_they_are_is_told_of_those_open_now() -> None:
    young, old = session(1, backend_age_s=0.4), session(2)
    seen = snapshot(young, old, processes=(worker(7, young, old),), looks=Looks(window_s=5.0, opened=50))
    assert "Of those open now: worker pid 7 holds 1." in only("connection-churn", seen).message
    assert "open now" not in only("connection-churn", replace(seen, sessions=(old,))).message
