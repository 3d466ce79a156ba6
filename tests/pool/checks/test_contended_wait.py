"""contended-wait: a queue inside the server."""

import pytest

from tests.support.snapshots import findings, session, snapshot


def waiting(number: int, kind: str, state: str = "active") -> object:
    return snapshot(*(session(pid, state=state, wait_event_type=kind, wait_event="WALWrite") for pid in range(number)))


@pytest.mark.parametrize(("number", "told"), [(4, 0), (5, 1)])
def test_five_on_one_event(number: int, told: int) -> None:
    assert len(findings("contended-wait", waiting(number, "LWLock"))) == told


@pytest.mark.parametrize("kind", ["Lock", "Client", "Timeout", "Activity"])
def test_waits_that_are_no_contention(kind: str) -> None:
    assert findings("contended-wait", waiting(9, kind)) == ()


def test_idle_sessions_wait_for_nothing() -> None:
    assert findings("contended-wait", waiting(9, "LWLock", state="idle")) == ()
