"""A session whose client is gone holds its lock for nobody."""

from dataclasses import replace

from forge_doctor.probes.processes.workers import Endpoint
from tests.support.snapshots import idle_in_transaction, serving, session, snapshot
from tests.support.triage_facts import diagnosed, problem


def test_the_orphan_is_the_root():
    root = idle_in_transaction(
        100, 900.0, statement="UPDATE orders SET total=?", client_addr="127.0.0.1", client_port=51000
    )
    ages = {"query_age_s": 30.0, "state_age_s": 30.0, "xact_age_s": 31.0, "lock_wait_s": 30.0}
    behind = [
        session(101 + at, state="active", blocked_by=(100,), statement="UPDATE orders SET total=?", **ages)
        for at in range(3)
    ]
    seen = snapshot(root, *behind, processes=(serving(4211, *behind, requests=3),))
    seen = replace(seen, local_networks=("127.0.0.0/8",), half_open=(Endpoint(address="127.0.0.1", port=51000),))
    found = diagnosed(seen, logs=[problem("lock-timeout", "/app/shop/api.py", 9, "change")]).diagnoses
    assert found[0].cause == "dead-client"
    assert 100 in found[0].sessions
    assert found[0].place is None
    assert "lock-held-during-call" not in {one.cause for one in found}
