"""A small pool is the cause only where its connections are at work."""

from forge_doctor.diagnosis import Verdict
from tests.support.snapshots import idle_in_transaction, serving, session, snapshot
from tests.support.triage_facts import diagnosed, only, problem

TIMEOUT = problem("pool-timeout", "/app/shop/api.py", 50, "listed")


def at_work():
    return [
        session(100 + at, state="active", statement=f"SELECT {at}", query_age_s=0.05, xact_age_s=0.06)
        for at in range(10)
    ]


def test_all_at_work_and_the_log_says_the_same():
    busy = at_work()
    told = only(diagnosed(snapshot(*busy, processes=(serving(4211, *busy, requests=25),)), logs=[TIMEOUT]))
    assert told.cause == "pool-too-small"
    assert told.verdict is Verdict.CONFIRMED
    assert told.place is None


def test_held_connections_are_another_cause():
    held = [idle_in_transaction(100 + at, 300 - at * 20, statement="SELECT * FROM orders") for at in range(10)]
    found = diagnosed(snapshot(*held, processes=(serving(4211, *held),)), logs=[TIMEOUT]).diagnoses
    assert "pool-too-small" not in {one.cause for one in found}
