"""Where only victims were seen no line is called a cause."""

from forge_doctor.diagnosis import Verdict
from tests.support.snapshots import serving, session, snapshot
from tests.support.triage_facts import diagnosed, only, problem, rule

VICTIMS = [
    problem("pool-timeout", "/app/shop/api.py", 50, "listed"),
    problem("slots-reserved", "/app/shop/api.py", 34, "show"),
]


def test_victims_alone_are_inconclusive():
    told = only(diagnosed(logs=VICTIMS))
    assert (told.cause, told.verdict, told.place) == ("unknown-holder", Verdict.INCONCLUSIVE, None)
    assert told.next


def test_a_healthy_server_does_not_blame_the_only_suspect_of_the_source():
    one = session(100)
    leak = rule("unclosed-session", "shop/receipts.py", 27, "send")
    told = only(diagnosed(snapshot(one, processes=(serving(4211, one),)), logs=VICTIMS, lint=[leak]))
    assert told.cause == "unknown-holder"
    assert told.place is None


def test_where_nobody_looked_at_the_sessions_the_only_suspect_is_named_as_such():
    told = only(diagnosed(logs=VICTIMS, lint=[rule("unclosed-session", "shop/receipts.py", 27, "send")]))
    assert (told.cause, told.verdict, str(told.place)) == (
        "leaked-session",
        Verdict.INCONCLUSIVE,
        "shop/receipts.py:27 send",
    )
    assert told.next
