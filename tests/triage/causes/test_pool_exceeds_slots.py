"""The arithmetic of the pools is a risk of its own, and no explanation for slots that a leak has taken."""

from forge_doctor.diagnosis import Urgency
from forge_doctor.pool.snapshot import Number
from tests.support.snapshots import application, idle_in_transaction, serving, session, snapshot
from tests.support.triage_facts import diagnosed, only, problem

LARGE = application(pool_size=Number(value=40, source="--pool-size"))


def test_a_risk_while_nothing_is_refused():
    one = session(100)
    told = only(diagnosed(snapshot(one, application=LARGE, processes=(serving(4211, one), serving(4212)))))
    assert (told.cause, told.urgency) == ("pool-exceeds-slots", Urgency.RISK)


def test_refused_connections_are_its_where_nobody_holds_any():
    one = session(100)
    seen = snapshot(one, application=LARGE, processes=(serving(4211, one), serving(4212)))
    told = only(diagnosed(seen, logs=[problem("slots-reserved", "/app/shop/api.py", 53, "listed")]))
    assert (told.cause, told.urgency) == ("pool-exceeds-slots", Urgency.OUTAGE)
    assert told.place is None


def test_a_leak_has_taken_them():
    held = [idle_in_transaction(100 + at, 300 - at * 10, statement="SELECT * FROM orders") for at in range(12)]
    seen = snapshot(*held, application=LARGE, processes=(serving(4211, *held), serving(4212)))
    found = diagnosed(seen, logs=[problem("slots-reserved", "/app/shop/api.py", 53, "listed")]).diagnoses
    by_cause = {one.cause: one for one in found}
    assert [one.check for one in by_cause["leaked-session"].symptoms if one.part == "logs"] == ["slots-reserved"]
    assert by_cause["pool-exceeds-slots"].urgency is Urgency.RISK
    assert found[0].cause == "leaked-session"
