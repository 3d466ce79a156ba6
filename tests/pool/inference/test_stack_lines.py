"""Which line a session is held in: told for sure only where nothing else fits."""

from __future__ import annotations

from collections.abc import Sequence

from forge_doctor.finding import Confidence
from forge_doctor.pool.inference.stack_lines import Standing, standing
from forge_doctor.pool.snapshot import StatementLine
from forge_doctor.probes.application.call_stacks import ProcessStacks, SuspendedTask, ThreadStack, Waiting
from forge_doctor.probes.postgres.backends.session import Session
from forge_doctor.probes.processes.workers import CodeLine
from tests.support.snapshots import idle_in_transaction, session, snapshot, worker


def lines(*places: str) -> tuple[CodeLine, ...]:
    """`api.py:10 reserve`."""
    return tuple(
        CodeLine(file=f"/srv/shop/{file}", line=int(line), function=function)
        for file, line, function in (place.replace(" ", ":").split(":") for place in places)
    )


def task(*places: str, waits_for: Waiting = Waiting.OTHER) -> SuspendedTask:
    return SuspendedTask(waits_for=waits_for, lines=lines(*places))


def told(
    sessions: Sequence[Session], tasks: Sequence[SuspendedTask], *origins: str, threads: Sequence[ThreadStack] = ()
) -> list[tuple[int, str, Confidence]]:
    """Line, kind and confidence for the first session; `origins` are what may have sent the statement of each."""
    process = worker(7, *sessions)
    seen = snapshot(
        *sessions,
        processes=(process,),
        stacks=(ProcessStacks(pid=7, tool="test", samples=1, tasks=tuple(tasks), threads=tuple(threads)),),
        statement_lines=tuple(
            StatementLine(
                pid=each.pid,
                file=place.file.removeprefix("/srv/shop/"),
                line=place.line,
                function=place.function,
                confidence=Confidence.MEDIUM,
                why="",
            )
            for each in sessions
            for place in lines(*origins)
        ),
    )
    found: tuple[Standing, ...] = standing(sessions[0], process, seen)
    return [(one.lines[0].line, one.kind, one.confidence) for one in found]


HOLDS = task("api.py:30 call_out", "api.py:12 reserve")
TICKS = task("jobs.py:5 tick")
HELD = idle_in_transaction(1, 9.0)


def test_the_task_in_the_function_that_sent_the_statement_holds_it() -> None:
    assert told([HELD], [HOLDS, TICKS], "api.py:11 reserve") == [(30, "task", Confidence.HIGH)]


def test_a_task_that_has_not_come_to_the_statement_has_not_sent_it() -> None:
    assert told([HELD], [HOLDS, TICKS], "api.py:13 reserve") == [
        (30, "task", Confidence.LOW),
        (5, "task", Confidence.LOW),
    ]


def test_more_sessions_than_tasks_may_be_leaked() -> None:
    leaked = idle_in_transaction(2, 90.0)
    assert told([HELD, leaked], [HOLDS, TICKS], "api.py:11 reserve") == [(30, "task", Confidence.MEDIUM)]


def test_as_many_tasks_in_one_place_as_sessions() -> None:
    another = idle_in_transaction(2, 8.0)
    assert told([HELD, another], [HOLDS, HOLDS, TICKS], "api.py:11 reserve") == [(30, "task", Confidence.HIGH)]


def test_the_only_task_may_hold_the_only_session() -> None:
    assert told([HELD], [HOLDS]) == [(30, "task", Confidence.MEDIUM)]


def test_a_task_in_its_driver_holds_an_active_session_and_no_idle_one() -> None:
    queries = task("api.py:40 report", waits_for=Waiting.DATABASE)
    active = session(1, state="active", xact_age_s=9.0)
    assert told([active], [queries, TICKS]) == [(40, "task", Confidence.MEDIUM)]
    assert told([HELD], [queries, HOLDS]) == [(30, "task", Confidence.MEDIUM)]


def test_tasks_that_wait_for_the_pool_are_its_victims_first() -> None:
    victim = task("api.py:12 reserve", waits_for=Waiting.POOL)
    assert told([HELD], [victim], "api.py:11 reserve") == [(12, "task", Confidence.LOW)]
    assert told([HELD], [victim, TICKS]) == [(5, "task", Confidence.MEDIUM)]


def test_nothing_is_said_of_a_session_that_was_returned() -> None:
    assert told([session(1)], [HOLDS], "api.py:11 reserve") == []


def test_the_thread_of_a_synchronous_worker_and_no_loop_that_waits() -> None:
    stands = ThreadStack(main=True, lines=lines("charge.py:9 call", "charge.py:5 charge"))
    assert told([HELD], (), "charge.py:4 charge", threads=[stands]) == [(9, "thread", Confidence.HIGH)]
    waits = ThreadStack(main=True, idle=True, lines=())
    assert told([HELD], (), "charge.py:4 charge", threads=[waits]) == []


def test_a_thread_outside_the_applications_code_holds_nothing_to_be_named() -> None:
    waiting = ThreadStack(main=True, lines=lines("selectors.py:452 select"), is_own=False)
    assert told([HELD], [], threads=[waiting]) == []
    assert told([HELD], [], threads=[ThreadStack(main=True, lines=lines("jobs.py:5 tick"))]) == [
        (5, "thread", Confidence.MEDIUM)
    ]
