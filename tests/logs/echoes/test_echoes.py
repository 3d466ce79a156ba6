"""A failure that is told by everybody it passes through is one; failures that are alike stay as many as they are."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forge_doctor.finding import Confidence
from forge_doctor.logs.echoes.echoes import Echoes
from forge_doctor.logs.echoes.telling import Teller, said_by
from forge_doctor.logs.problems.problem import TriageOptions, find_problems
from forge_doctor.logs.problems.telling.report import triage
from forge_doctor.logs.records.event import Event, Sighting
from tests.support.log_reading import RULES, groups, read_scanned, read_whole

LIMIT = "QueuePool limit of size 5 overflow 10 reached, connection timed out, timeout 30.00"
SITE = "/usr/local/lib/python3.12/site-packages"
OUTER = (
    (f"{SITE}/uvicorn/protocols/http/h11_impl.py", 403, "run_asgi", "result = await app("),
    (f"{SITE}/fastapi/routing.py", 212, "run_endpoint_function", "return await dependant.call(**values)"),
)
MIDDLE = (("/srv/tea/middleware.py", 31, "dispatch", "response = await call_next(request)"),)
INNER = (
    ("/srv/tea/api.py", 44, "brew", "leaves = await pick(session, name)"),
    ("/srv/tea/store.py", 17, "pick", "found = await session.execute(query)"),
    (f"{SITE}/sqlalchemy/pool/impl.py", 168, "_do_get", "raise exc.TimeoutError("),
)
PLACE = ("/srv/tea/store.py", 17)


def traceback_of(frames: Sequence[tuple[str, int, str, str]], text: str = LIMIT) -> str:
    told = "".join(f'  File "{file}", line {line}, in {name}\n    {code}\n' for file, line, name, code in frames)
    return f"Traceback (most recent call last):\n{told}sqlalchemy.exc.TimeoutError: {text}\n"


HANDLER = traceback_of(INNER)
MIDDLEWARE = traceback_of((*MIDDLE, *INNER))
SERVER = traceback_of((*OUTER, *MIDDLE, *INNER))


def plain(at: str, said: str, trace: str = "") -> str:
    return f"2026-11-22 08:00:{at} ERROR tea.api {said}\n{trace}"


def record(at: str, said: str, trace: str) -> str:
    entry = {"timestamp": f"2026-11-22T08:00:{at.replace(',', '.')}Z", "level": "error", "event": said}
    return json.dumps({**entry, "exception": trace.rstrip()}) + "\n"


def untimed(at: str, said: str, trace: str = "") -> str:
    return f"ERROR:    {said}\n{trace}"


def counts(log: str) -> list[tuple[str, int]]:
    whole = {(group.signature, group.count, group.culprit) for group in groups(log)}
    scanned = read_scanned(log.encode()).groups.values()
    assert whole == {(group.signature, group.count, group.culprit) for group in scanned}
    return sorted((name or "unknown", count) for name, count, _ in whole)


@pytest.mark.parametrize("form", [plain, untimed])
@pytest.mark.parametrize("failures", [1, 2, 7])
def test_a_failure_told_by_handler_middleware_and_server_is_one(form, failures) -> None:  # type: ignore[no-untyped-def]
    log = ""
    for number in range(failures):
        log += form(f"{number:02},101", f"could not brew {number}", HANDLER)
        log += form(f"{number:02},103", "request failed", MIDDLEWARE)
        log += form(f"{number:02},104", "Exception in ASGI application", SERVER)
    assert counts(log) == [("pool-timeout", failures)]
    (group,) = groups(log)
    assert group.culprit is not None
    assert (group.culprit.file, group.culprit.line) == PLACE


@pytest.mark.parametrize("seed", range(6))
def test_failures_at_once_stay_as_many_as_they_are(seed: int) -> None:
    chosen = random.Random(seed)
    failures = chosen.randint(2, 12)
    said = [(HANDLER, "could not brew"), (SERVER, "Exception in ASGI application")]
    tellings = [[plain("01,5", words, trace) for trace, words in said] for _ in range(failures)]
    log = ""
    while tellings:
        one = chosen.choice(tellings)
        log += one.pop(0)
        tellings = [left for left in tellings if left]
    assert counts(log) == [("pool-timeout", failures)]


def test_two_handlers_whose_requests_fail_alike_tell_two_failures() -> None:
    other = traceback_of((("/srv/tea/jobs.py", 9, "nightly", "await pick(session, name)"), *INNER[1:]))
    log = plain("01,100", "could not brew", HANDLER) + plain("01,101", "nightly job failed", other)
    assert counts(log) == [("pool-timeout", 2)]


def test_a_job_and_a_request_that_nobody_caught_are_two() -> None:
    task = traceback_of((("/srv/tea/jobs.py", 9, "nightly", "await pick(session, name)"), *INNER[1:]))
    log = plain("01,100", "Task exception was never retrieved", task)
    log += plain("01,101", "Exception in ASGI application", SERVER)
    assert counts(log) == [("pool-timeout", 2)]


def test_what_is_told_much_later_is_another_failure() -> None:
    log = plain("01,100", "could not brew", HANDLER) + plain("31,100", "Exception in ASGI application", SERVER)
    assert counts(log) == [("pool-timeout", 2)]


def test_a_record_and_its_copy_in_json_are_one() -> None:
    said = "Exception on /brew [POST]"
    log = "".join(plain(f"{n:02},101", said, SERVER) + record(f"{n:02},102", said, SERVER) for n in range(5))
    assert counts(log) == [("pool-timeout", 5)]


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("form", [plain, untimed])
def test_a_message_that_quotes_the_exception_beside_it_is_no_second_problem(form, first) -> None:  # type: ignore[no-untyped-def]
    log = ""
    for number in range(3):
        told = [
            form(
                f"{number:02},100",
                f"brewing failed: {LIMIT} (Background on this error at: https://sqlalche.me/e/20/3o7r)",
            ),
            form(f"{number:02},101", "Exception in ASGI application", SERVER),
        ]
        log += "".join(told if first else reversed(told))
    assert counts(log) == [("pool-timeout", 3)]


def test_a_poller_that_fails_in_the_same_outage_counts_for_itself() -> None:
    poll = f"poll failed: {LIMIT}"
    log = plain("01,100", "Exception in ASGI application", SERVER) + plain("01,350", poll) + plain("01,600", poll)
    assert counts(log) == [("pool-timeout", 1), ("pool-timeout", 2)]


def test_a_message_at_the_end_of_a_log_counts() -> None:
    assert counts(plain("01,100", f"poll failed: {LIMIT}")) == [("pool-timeout", 1)]


CLIENT = (
    "backend_1   | ERROR:    Exception in ASGI application\n"
    "backend_1   | Traceback (most recent call last):\n"
    'backend_1   |   File "/srv/tea/store.py", line 17, in pick\n'
    "backend_1   |     found = db.query(Leaf).all()\n"
    "backend_1   | sqlalchemy.exc.OperationalError: (psycopg2.OperationalError) FATAL:  sorry, too many clients already\n"
)
REFUSED = "db_1        | 2026-11-22 08:00:01.119 UTC [4410] FATAL:  sorry, too many clients already\n"


def test_the_servers_own_line_of_a_clients_failure_is_evidence() -> None:
    (problem,) = find_problems(read_whole(CLIENT + REFUSED), TriageOptions())
    assert (problem.group.count, problem.confidence, len(problem.copies)) == (1, Confidence.HIGH, 1)
    report = triage(read_whole(CLIENT + REFUSED, rules=RULES), "app")
    assert [(one.label, one.value) for one in report.findings[0].evidence if one.label == "also told"] == [
        ("also told", 1)
    ]


def test_a_server_that_refuses_more_than_the_application_tells_has_a_problem_of_its_own() -> None:
    found = find_problems(read_whole(CLIENT + REFUSED * 3), TriageOptions())
    assert sorted((one.group.origin, one.group.count) for one in found) == [("app", 1), ("postgresql", 3)]


def test_a_server_alone_is_a_problem() -> None:
    (problem,) = find_problems(read_whole(REFUSED), TriageOptions())
    assert (problem.group.origin, problem.copies) == ("postgresql", ())


OFTEN = st.integers(1, 90)
# Which of the repeats, how often it is seen in place, and whether it is then counted with its text at hand.
SEEN = st.lists(st.tuples(st.integers(0, 5), OFTEN, st.booleans()), min_size=1, max_size=12)


def told_of(number: int) -> tuple[Event, Sighting, Teller]:
    """Repeats of three kinds, each told by a handler and by the server."""
    kind, last = divmod(number, 2)
    event = Event(signature="", exception=f"Error{kind}", message="it failed", trails=((1, kind),))
    return event, Sighting(source="app"), Teller(bool(last), "plain", b"failed")


@pytest.mark.slow
@settings(deadline=None)
@given(SEEN)
def test_what_is_heard_late_is_known_when_somebody_asks(seen: list[tuple[int, int, bool]]) -> None:
    at_once, late = Echoes(), Echoes()
    tellers = [told_of(number) for number in range(6)]
    said = [said_by(*one) for one in tellers]
    offset = 0
    for number, often, asks in seen:
        for _ in range(often):
            offset += 997
            for echoes in (at_once, late):
                echoes.hear([said[number]], offset / 1e5, offset)
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr("forge_doctor.logs.echoes.echoes.MOST_HEARD", -1)
                at_once.hear([], None, 0)
        event, sighting, teller = tellers[number - 1]
        sighting = replace(sighting, at=offset / 1e5, offset=offset + 1)
        if asks:
            assert at_once.is_echo(event, sighting, teller) is late.is_echo(event, sighting, teller)


def test_a_message_that_is_held_back_shows_what_was_there_when_it_was_read() -> None:
    echoes, window = Echoes(), ["what it said"]
    event = Event(signature="", exception="", message="no traceback")
    assert echoes.hold(event, Sighting(source="log"), Teller(False, "plain", b""), lambda: window[0])
    window[0] = "what came later"
    (held,) = echoes.released()
    assert held.example() == "what it said"


def killed(second: int, pid: int, job: int) -> str:
    """What Celery says of a worker that was killed over its task: who waits for the process, then who waits for the task."""
    return (
        f"[2026-11-22 08:00:{second:02},000: ERROR/MainProcess] Process 'ForkPoolWorker-{pid}' pid:{pid} "
        f"exited with 'signal 9 (SIGKILL)'\n"
        f"[2026-11-22 08:00:{second:02},110: ERROR/MainProcess] Task handler raised error: "
        f"WorkerLostError('Worker exited prematurely: signal 9 (SIGKILL) Job: {job}.')\n"
        "Traceback (most recent call last):\n"
        f'  File "{SITE}/billiard/pool.py", line 1265, in mark_as_worker_lost\n    raise WorkerLostError(\n'
        f"billiard.exceptions.WorkerLostError: Worker exited prematurely: signal 9 (SIGKILL) Job: {job}.\n"
    )


def test_a_worker_that_died_over_its_task_is_told_once() -> None:
    found = groups("".join(killed(5 * number, 40 + number, number) for number in range(3)))
    assert [(one.signature, one.count) for one in found] == [("celery-worker-lost", 3)]


@pytest.mark.parametrize("together", [1, 3])
def test_a_task_is_found_lost_ten_seconds_after_its_worker_died(together: int) -> None:
    died, lost = zip(*(killed(1, 41 + job, job).split("\n", 1) for job in range(together)), strict=True)
    log = "\n".join(died) + "\n" + "".join(lost).replace("08:00:01,110", "08:00:11,680")
    assert [(one.signature, one.count) for one in groups(log)] == [("celery-worker-lost", together)]


def test_a_worker_that_died_without_a_task_is_told() -> None:
    found = groups(killed(1, 41, 7).partition("\n")[0] + "\n" + killed(30, 42, 8))
    assert [(one.signature, one.count) for one in found] == [("celery-worker-lost", 2)]
    assert groups(killed(1, 41, 7).partition("\n")[0].replace("9 (SIGKILL)", "15 (SIGTERM)"))[0].signature == ""


def limited(second: int, task: int) -> list[str]:
    """What Celery says of a task that met its soft limit: who waits for the process, then the process itself."""
    at = f"[2026-11-22 08:00:{second:02}"
    return [
        f"{at},545: WARNING/MainProcess] Soft time limit (1.0s) exceeded for shop.pay[{task:08x}]\n",
        (
            f"{at},585: ERROR/ForkPoolWorker-{task}] Task shop.pay[{task:08x}] raised unexpected: SoftTimeLimitExceeded()\n"
            f'Traceback (most recent call last):\n  File "{SITE}/celery/app/trace.py", line 564, in trace_task\n    run()\n'
            f'  File "/app/shop/pay.py", line 8, in pay\n    rows = session.execute(query)\n  File "{SITE}/billiard/pool.py", '
            f"line 229, in soft_timeout_sighandler\n    raise SoftTimeLimitExceeded()\n"
            f"billiard.exceptions.SoftTimeLimitExceeded: SoftTimeLimitExceeded()\n"
        ),
    ]


def killed_late(second: int) -> str:
    """The same of a hard limit, which the process does not live to tell of."""
    at = f"[2026-11-22 08:00:{second:02}"
    raised = f'Traceback (most recent call last):\n  File "{SITE}/billiard/pool.py", line 745, in on_hard_timeout\n    raise X\n'
    return (
        f"{at},554: ERROR/MainProcess] Task handler raised error: TimeLimitExceeded(2)\n{raised}"
        f'billiard.einfo.ExceptionWithTraceback: \n"""\n{raised}billiard.exceptions.TimeLimitExceeded: TimeLimitExceeded(2,)\n'
        f'"""\n{at},555: ERROR/MainProcess] Hard time limit (2s) exceeded for shop.pay[00000007]\n'
    )


@pytest.mark.parametrize("together", [1, 2, 3])
def test_a_time_limit_is_told_once_for_a_task(together: int) -> None:
    begun, ended = zip(*(limited(3, 40 + task) for task in range(together)), strict=True)
    log = "".join(begun) + "".join(ended) + killed_late(20)
    told = {(one.signature, one.culprit.line if one.culprit else None): one.count for one in groups(log)}
    assert told == {("task-time-limit", 8): together, ("task-time-limit", None): 1}


def test_a_soft_limit_that_the_task_caught_is_told_by_the_one_that_waits() -> None:
    assert [(one.signature, one.count) for one in groups(limited(3, 40)[0])] == [("task-time-limit", 1)]


def test_an_exception_that_carries_the_words_of_one_told_just_before_is_the_same_failure():
    carrier = traceback_of((("/srv/tea/flow.py", 12, "run", "return await call(load)"),), LIMIT)
    carrier = carrier.replace("sqlalchemy.exc.TimeoutError: ", "temporalio.exceptions.ApplicationError: TimeoutError: ")
    once = untimed("", "Completing activity as failed", HANDLER) + untimed("", "Failed activation on workflow", carrier)
    assert [(group.count, group.culprit and group.culprit.line) for group in groups(once)] == [(1, PLACE[1])]
    assert sum(group.count for group in groups(once + untimed("", "Failed activation on workflow", carrier))) == 2
