"""A leaked session is named where it is begun, whoever sends its statement and whoever asks in vain."""

from forge_doctor.diagnosis import Urgency, Verdict
from forge_doctor.finding import Confidence
from tests.support.snapshots import idle_in_transaction, serving, session, snapshot
from tests.support.triage_facts import diagnosed, function, holds, only, problem, rule, sent_at

GET = "SELECT * FROM orders WHERE orders.id = ?"
SOURCE = (
    function("shop/repository.py", "Orders.get", 10, 14),
    function("shop/receipts.py", "send", 25, 40, "get"),
    function("shop/api.py", "listed", 45, 55, "get"),
)
VICTIM = problem("pool-timeout", "/app/shop/api.py", 50, "listed")


def leaked(count=6, ages=200, step=20):
    return [idle_in_transaction(100 + at, ages - step * at, statement=GET) for at in range(count)]


def test_the_line_that_begins_it_stands_before_the_victims():
    held = leaked()
    lines = tuple(sent_at(one.pid, "shop/repository.py", 12, "Orders.get", Confidence.MEDIUM) for one in held)
    seen = snapshot(*held, processes=(serving(4211, *held),), statement_lines=lines)
    told = only(
        diagnosed(
            seen, logs=[VICTIM], lint=[rule("unclosed-session", "shop/receipts.py", 27, "send")], functions=SOURCE
        )
    )
    assert (told.cause, told.verdict, told.urgency) == ("leaked-session", Verdict.CONFIRMED, Urgency.OUTAGE)
    assert str(told.place) == "shop/receipts.py:27 send"
    assert [str(one.place) for one in told.symptoms if one.place] == ["shop/api.py:50 listed"]
    assert told.holders[0].session == 100
    assert told.holders[0].worker == 4211
    assert "pg_terminate_backend" in told.now[0]
    assert "idle in transaction" in told.now[0]
    assert told.change == ("mend unclosed-session",)


def test_without_the_source_the_holder_s_own_line_is_named():
    held = leaked()
    worker = serving(4211, *held)
    for one in held:
        worker = holds(worker, one.client_port, ("shop/receipts.py", 29, "send"), ("shop/api.py", 70, "ordered"))
    told = only(diagnosed(snapshot(*held, processes=(worker,)), logs=[VICTIM]))
    assert told.cause == "leaked-session"
    assert told.verdict is Verdict.CONFIRMED
    assert str(told.place) == "shop/receipts.py:29 send"


def test_two_statements_that_leak_are_two_causes():
    first = leaked(4)
    second = [
        idle_in_transaction(200 + at, 300 - 30 * at, statement="SELECT * FROM users WHERE users.id = ?")
        for at in range(4)
    ]
    held = [*first, *second]
    lines = [sent_at(one.pid, "shop/receipts.py", 29, "send") for one in first]
    lines += [sent_at(one.pid, "shop/users.py", 8, "greet") for one in second]
    seen = snapshot(*held, processes=(serving(4211, *held),), statement_lines=tuple(lines))
    rules = [
        rule("unclosed-session", "shop/receipts.py", 27, "send"),
        rule("unclosed-session", "shop/users.py", 7, "greet"),
    ]
    found = diagnosed(seen, lint=rules).diagnoses
    assert {(one.cause, str(one.place)) for one in found} == {
        ("leaked-session", "shop/receipts.py:27 send"),
        ("leaked-session", "shop/users.py:7 greet"),
    }
    assert {one.sessions for one in found} == {(100, 101, 102, 103), (200, 201, 202, 203)}


def test_open_requests_that_hold_them_are_no_leak():
    held = leaked(5, ages=30, step=1)
    seen = snapshot(*held, session(900), processes=(serving(4211, *held, requests=5),))
    assert "leaked-session" not in {one.cause for one in diagnosed(seen, logs=[VICTIM]).diagnoses}
