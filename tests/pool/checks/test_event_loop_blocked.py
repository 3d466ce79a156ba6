"""event-loop-blocked: nobody accepts, and the database has nothing to do."""

import pytest

from forge_doctor.finding import Confidence
from forge_doctor.probes.processes.workers import ListenSocket
from tests.support.snapshots import findings, only, session, snapshot, worker


def listening(stalled: int | None, queued: int = 9) -> tuple[ListenSocket, ...]:
    return (ListenSocket(address="127.0.0.1", port=8000, accept_queue=queued, stalled=stalled),)


@pytest.mark.parametrize(("queued", "number"), [(2, 0), (3, 1)])
def test_three_requests_not_accepted(queued: int, number: int) -> None:
    idle = session(1)
    seen = snapshot(idle, processes=(worker(7, idle, listen=listening(queued)),))
    assert len(findings("event-loop-blocked", seen)) == number


def test_a_queue_of_the_moment_is_none_and_counts_only_where_its_age_is_not_told() -> None:
    fresh, untold = (snapshot(processes=(worker(7, listen=listening(stalled)),)) for stalled in (0, None))
    assert findings("event-loop-blocked", fresh) == ()
    assert only("event-loop-blocked", untold).confidence is Confidence.LOW


@pytest.mark.parametrize(("unread", "number"), [(2, 0), (3, 1)])
def test_requests_that_were_accepted_and_never_read_count_as_well(unread: int, number: int) -> None:
    seen = snapshot(processes=(worker(7, listen=listening(0), requests_unread=unread),))
    assert len(findings("event-loop-blocked", seen)) == number


def test_a_busy_database_is_another_story() -> None:
    busy = (session(1, state="active"), session(2, state="active"))
    assert findings("event-loop-blocked", snapshot(*busy, processes=(worker(7, *busy, listen=listening(9)),))) == ()


def test_a_synchronous_statement_blocks_the_loop_while_it_is_active() -> None:
    busy = session(1, state="active")
    found = only("event-loop-blocked", snapshot(busy, processes=(worker(7, busy, listen=listening(9)),)))
    assert "py-spy dump --pid 7" in found.remedy


def test_workers_that_share_a_port_are_one_finding() -> None:
    seen = snapshot(processes=(worker(7, listen=listening(5)), worker(8, listen=listening(5))))
    assert (
        "worker pid 7 (uvicorn shop:app), worker pid 8 (uvicorn shop:app) run 0 statements"
        in only("event-loop-blocked", seen).message
    )
