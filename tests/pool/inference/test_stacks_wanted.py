"""Stacks are asked for where a finding will need them, and nowhere else."""

from __future__ import annotations

from forge_doctor.pool.inference.stacks_wanted import MOST_PROCESSES, stacks_wanted
from forge_doctor.probes.processes.workers import ListenSocket, Role
from tests.support.snapshots import idle_in_transaction, session, snapshot, worker


def port(stalled: int) -> tuple[ListenSocket, ...]:
    return (ListenSocket(address="127.0.0.1", port=8000, accept_queue=9, stalled=stalled),)


def test_a_healthy_service_is_not_asked() -> None:
    busy = (session(1), session(2, state="active", xact_age_s=0.1), idle_in_transaction(3, 0.5))
    assert stacks_wanted(snapshot(*busy, processes=(worker(7, *busy, listen=port(2)),))) == ()


def test_a_worker_that_lets_requests_wait_is_asked_for_its_loop() -> None:
    (one,) = stacks_wanted(snapshot(processes=(worker(7, listen=port(3)),)))
    assert (one.pid, one.package, one.blocked, one.sessions) == (7, "shop", True, False)


def test_a_holder_is_asked_for_its_tasks_and_a_blocker_too() -> None:
    held = idle_in_transaction(1, 4.0)
    blocker, waiter = idle_in_transaction(2, 0.2), session(3, state="active", lock_wait_s=2.5, blocked_by=(2,))
    processes = (worker(7, held), worker(8, blocker), worker(9, waiter))
    wanted = stacks_wanted(snapshot(held, blocker, waiter, processes=processes))
    assert {one.pid: (one.blocked, one.sessions) for one in wanted} == {7: (False, True), 8: (False, True)}


def test_no_pooler_is_asked_and_few_processes_at_once() -> None:
    held = [idle_in_transaction(pid, 9.0) for pid in range(1, 30)]
    pooler = worker(7, held[0], role=Role.OTHER, server="", name="pgbouncer")
    many = [worker(100 + each.pid, each) for each in held[1:]]
    wanted = stacks_wanted(snapshot(*held, processes=(pooler, *many)))
    assert len(wanted) == MOST_PROCESSES
    assert 7 not in [one.pid for one in wanted]


def test_threads_of_a_driver_that_knows_tasks_alone_tell_nothing() -> None:
    held = idle_in_transaction(1, 9.0)
    (one,) = stacks_wanted(snapshot(held, processes=(worker(7, held, libraries=("asyncpg", "greenlet")),)))
    assert not one.threads_tell
