"""An engine made for every request is named where it is made."""

from tests.support.snapshots import serving, session, snapshot
from tests.support.triage_facts import diagnosed, problem, rule


def test_the_engine_is_named():
    held = [session(100 + at, statement="ROLLBACK") for at in range(30)]
    seen = snapshot(*held, processes=(serving(4211, *held),))
    made = rule("engine-per-request", "shop/tenants.py", 9, "engine_for")
    found = diagnosed(seen, lint=[made], logs=[problem("slots-reserved", "/app/shop/api.py", 5, "home")]).diagnoses
    assert (found[0].cause, str(found[0].place)) == ("engine-per-request", "shop/tenants.py:9 engine_for")
