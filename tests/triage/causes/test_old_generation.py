"""Workers that were to end and did not take the slots the new ones are refused."""

from dataclasses import replace

from tests.support.snapshots import serving, session, snapshot, worker
from tests.support.triage_facts import diagnosed, problem


def test_the_old_workers_are_named_and_ended():
    old, new = [session(100 + at) for at in range(8)], [session(200 + at) for at in range(2)]
    before = replace(worker(4211, *old), listens=False, age_s=9000.0)
    after = serving(4300, *new, age_s=300.0)
    found = diagnosed(
        snapshot(*old, *new, processes=(before, after)), logs=[problem("slots-reserved", "/app/shop/api.py", 5, "home")]
    ).diagnoses
    told = next(one for one in found if one.cause == "old-generation")
    assert told.place is None
    assert "4211" in " ".join(told.now)
    assert "slots-reserved" in {one.check for one in told.symptoms}
