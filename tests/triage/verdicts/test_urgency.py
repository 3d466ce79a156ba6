"""Data that is lost comes first, then what stops requests now, then what will; what is over is a risk."""

from forge_doctor.diagnosis import Urgency
from forge_doctor.finding import Location, Severity
from tests.support.snapshots import idle_in_transaction, serving, snapshot
from tests.support.triage_facts import diagnosed, problem, said


def leak(*logs: object):
    held = [idle_in_transaction(100 + at, 300.0 - 20 * at, statement="SELECT 1 FROM orders") for at in range(5)]
    return diagnosed(snapshot(*held, processes=(serving(4211, *held),)), logs=logs).diagnoses


def test_a_leak_is_an_outage_to_come_until_somebody_is_refused():
    assert leak()[0].urgency is Urgency.OUTAGE_SOON
    assert leak(problem("pool-timeout", "/app/shop/api.py", 5, "home"))[0].urgency is Urgency.OUTAGE


def test_what_was_refused_long_ago_is_over():
    long_ago = {"first": "2026-11-22T01:00:00Z", "last": "2026-11-22T01:05:00Z"}
    told = diagnosed(logs=[problem("pool-timeout", "/app/shop/api.py", 5, "home", **long_ago)]).diagnoses
    assert told[0].urgency is Urgency.RISK


def test_the_order_of_two():
    slow = [said("n-plus-one", Severity.WARNING, location=Location(target="shop/reports.py", line=20))]
    lost = problem(
        "coroutine-never-awaited",
        "/app/shop/a.py",
        3,
        "keep",
        message="coroutine 'AsyncSession.commit' was never awaited",
    )
    found = diagnosed(logs=[lost], slow=slow).diagnoses
    assert [one.urgency for one in found] == [Urgency.DATA_LOSS, Urgency.RISK]


def test_a_transaction_the_server_has_ended_stops_nobody_any_more():
    ended = [problem("idle-in-transaction"), problem("lock-timeout")]
    told = diagnosed(logs=ended).diagnoses
    assert [(one.cause, one.urgency) for one in told] == [("open-transaction", Urgency.RISK)]
