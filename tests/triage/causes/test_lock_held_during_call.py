"""A transaction that awaits a call is named where it awaits, and those behind its lock are its victims."""

from forge_doctor.diagnosis import Urgency, Verdict
from tests.support.snapshots import idle_in_transaction, serving, session, snapshot
from tests.support.triage_facts import diagnosed, function, only, problem, rule, sent_at

LOCK = "SELECT * FROM products WHERE products.id = ? FOR UPDATE"
WAIT = "UPDATE products SET stock=? WHERE products.id = ?"
SOURCE = (
    function("shop/stock.py", "Stock.lock", 8, 12),
    function("shop/bank.py", "charge", 3, 9),
    function("shop/payments.py", "pay", 20, 34, "lock", "charge"),
    function("shop/api.py", "reserve", 60, 70),
)


def queue(waiters=5, waited=9.0):
    root = idle_in_transaction(100, 20.0, statement=LOCK)
    behind = [
        session(101 + at, state="active", query_age_s=waited, state_age_s=waited, xact_age_s=waited + 1, lock_wait_s=waited,
                statement=WAIT, blocked_by=(100,), wait_event_type="Lock", wait_event="transactionid")
        for at in range(waiters)
    ]  # fmt: skip
    return root, behind


def seen_with(*lines, waiters=5):
    root, behind = queue(waiters)
    return snapshot(root, *behind, processes=(serving(4211, root, *behind, requests=9),), statement_lines=lines)


def test_the_call_is_named_before_those_who_wait():
    seen = seen_with(sent_at(100, "shop/stock.py", 10, "Stock.lock"))
    victim = problem("lock-timeout", "/app/shop/api.py", 66, "reserve")
    call = rule("network-call-in-transaction", "shop/payments.py", 30, "pay")
    told = only(diagnosed(seen, logs=[victim], lint=[call], functions=SOURCE))
    assert (told.cause, told.verdict, told.urgency) == ("lock-held-during-call", Verdict.CONFIRMED, Urgency.OUTAGE)
    assert str(told.place) == "shop/payments.py:30 pay"
    assert told.sessions == (100,)
    assert [one.session for one in told.holders] == [100]
    assert "lock-timeout" in {one.check for one in told.symptoms}
    assert "pg_terminate_backend" in told.now[0]


def test_the_holder_s_statement_names_the_line_where_no_rule_does():
    told = only(diagnosed(seen_with(sent_at(100, "shop/stock.py", 10, "Stock.lock")), functions=SOURCE))
    assert told.cause == "lock-held-during-call"
    assert told.verdict is Verdict.LIKELY
    assert str(told.place) == "shop/stock.py:10 Stock.lock"
    assert told.next


def test_a_waiter_s_line_is_never_the_cause_s():
    seen = seen_with(*(sent_at(101 + at, "shop/api.py", 66, "reserve") for at in range(5)))
    told = only(diagnosed(seen, logs=[problem("lock-timeout", "/app/shop/api.py", 66, "reserve")], functions=SOURCE))
    assert told.place is None


def test_a_leak_that_holds_the_lock_is_told_as_the_leak():
    root, behind = queue()
    others = [idle_in_transaction(200 + at, 300.0 - at * 30, statement=LOCK) for at in range(4)]
    held = (root, *others)
    lines = tuple(sent_at(one.pid, "shop/stock.py", 10, "Stock.lock") for one in held)
    seen = snapshot(*held, *behind, processes=(serving(4211, *held, *behind),), statement_lines=lines)
    leak = rule("unclosed-session", "shop/payments.py", 22, "pay")
    told = only(diagnosed(seen, lint=[leak], functions=SOURCE))
    assert (told.cause, str(told.place)) == ("leaked-session", "shop/payments.py:22 pay")
    assert 100 in told.sessions
