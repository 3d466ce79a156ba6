"""A blocked loop is named by its stack, else by the rule; connections it leaves open are no leak."""

from dataclasses import replace

from forge_doctor.diagnosis import Urgency, Verdict
from forge_doctor.probes.application.call_stacks import ProcessStacks, ThreadStack
from forge_doctor.probes.processes.workers import CodeLine, ListenSocket
from tests.support.snapshots import idle_in_transaction, serving, session, snapshot
from tests.support.triage_facts import diagnosed, only, problem, rule

QUEUE = (ListenSocket(address="127.0.0.1", port=8000, accept_queue=9, stalled=9),)


def blocked(*sessions, stacks=()):
    worker = replace(serving(4211, *sessions), listen=QUEUE)
    return snapshot(*sessions, processes=(worker,), stacks=stacks)


def stack(line, steady=True):
    thread = ThreadStack(main=True, steady=steady, idle=not steady, lines=(line,) if steady else ())
    return (ProcessStacks(pid=4211, tool="py-spy", samples=3, threads=(thread,)),)


def test_the_line_the_loop_stands_in():
    line = CodeLine(file="/app/shop/images.py", line=14, function="thumbnail")
    held = [idle_in_transaction(100 + at, 30 - at * 3, statement="SELECT 1 FROM images") for at in range(4)]
    killed = problem("gunicorn-worker-timeout", "/app/shop/api.py", 9, "upload")
    told = only(diagnosed(blocked(*held, stacks=stack(line)), logs=[killed]))
    assert (told.cause, told.urgency) == ("blocked-event-loop", Urgency.OUTAGE)
    assert told.verdict is Verdict.CONFIRMED
    assert str(told.place) == "shop/images.py:14 thumbnail"
    assert "gunicorn-worker-timeout" in {*told.explains}
    assert all(str(one.place) != str(told.place) for one in told.symptoms)


def test_the_rule_names_it_where_no_stack_was_read():
    told = only(
        diagnosed(blocked(session(100)), lint=[rule("sync-session-in-async-def", "shop/reports.py", 7, "monthly")])
    )
    assert (told.cause, str(told.place)) == ("blocked-event-loop", "shop/reports.py:7 monthly")


def test_loops_that_wait_leave_it_inconclusive():
    line = CodeLine(file="/app/shop/images.py", line=14, function="thumbnail")
    told = only(diagnosed(blocked(session(100), stacks=stack(line, steady=False))))
    assert told.verdict is Verdict.INCONCLUSIVE
    assert told.next
