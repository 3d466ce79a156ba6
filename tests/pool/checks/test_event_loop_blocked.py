"""event-loop-blocked: nobody accepts, and the database has nothing to do."""

from dataclasses import replace
from typing import Any

import pytest

from forge_doctor.finding import Confidence, NotRun
from forge_doctor.pool.snapshot import PoolSnapshot
from forge_doctor.probes.application.call_stacks import ProcessStacks, ThreadStack, Waiting
from forge_doctor.probes.processes.workers import CodeLine, ListenSocket
from tests.support.snapshots import findings, idle_in_transaction, only, serving, session, snapshot, told, worker


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


def stacks(pid: int, **thread: Any) -> ProcessStacks:
    return ProcessStacks(pid=pid, tool="py-spy", samples=3, threads=(replace(ThreadStack(main=True), **thread),))


RENDER = (
    CodeLine(file="/srv/api.py", line=8, function="render"),
    CodeLine(file="/srv/api.py", line=5, function="block"),
)


def test_the_line_every_sample_found_is_named_and_makes_it_sure() -> None:
    blocked = snapshot(processes=(worker(7, listen=listening(3)),), stacks=(stacks(7, steady=True, lines=RENDER),))
    found = only("event-loop-blocked", blocked)
    assert "is blocked at /srv/api.py:8 render, called at /srv/api.py:5 block." in found.message
    assert found.confidence is Confidence.HIGH
    assert "py-spy" not in found.remedy


def test_loops_that_were_seen_waiting_make_it_doubtful() -> None:
    waits = snapshot(processes=(worker(7, listen=listening(3)),), stacks=(stacks(7, idle=True),))
    assert only("event-loop-blocked", waits).confidence is Confidence.LOW


def test_a_stack_that_could_not_be_read_is_said_only_beside_the_finding() -> None:
    unread = ProcessStacks(pid=7, why_not="py-spy is not installed", remedy="pip install py-spy")
    for stalled, number in ((3, 1), (2, 0)):
        seen = snapshot(processes=(worker(7, listen=listening(stalled)),), stacks=(unread,))
        said = [one.remedy for one in told("event-loop-blocked", seen) if isinstance(one, NotRun)]
        assert said == ["pip install py-spy"] * number


def standing(waits_for: Waiting = Waiting.POOL, **overrides: Any) -> PoolSnapshot:
    held = [idle_in_transaction(pid, 9.0) for pid in range(3)]
    thread = {"main": True, "steady": True, "in_loop": True, "waits_for": waits_for}
    line = CodeLine(file="/srv/app/tasks.py", line=34, function="run")
    stack = ThreadStack(**{**thread, "lines": (line,), **overrides})
    stacks = (ProcessStacks(pid=7, tool="py-spy", samples=3, threads=(stack,)),)
    return snapshot(*held, processes=(serving(7, *held, requests=5),), stacks=stacks)


def test_a_loop_that_waits_for_its_own_pool_stands_still_though_no_request_is_unread() -> None:
    found = only("event-loop-blocked", standing())
    assert "stands still at /srv/app/tasks.py:34 run while 5 requests are in flight" in found.message
    assert "for a connection of its own pool, and the 3 that are out" in found.message
    assert "create_async_engine()" in found.remedy
    other = only("event-loop-blocked", standing(Waiting.OTHER))
    assert "own pool" not in other.message
    assert "to_thread" in other.remedy


@pytest.mark.parametrize("overrides", [{"steady": False}, {"in_loop": False}, {"lines": ()}, {"main": False}])
def test_a_thread_that_moves_or_runs_no_loop_blocks_none(overrides: dict[str, Any]) -> None:
    assert findings("event-loop-blocked", standing(**overrides)) == ()
