"""A stopped process is the cause of what waits for it, and no leak."""

from forge_doctor.diagnosis import Urgency, Verdict
from forge_doctor.probes.processes.workers import Suspended, Suspension
from tests.support.snapshots import idle_in_transaction, serving, session, snapshot
from tests.support.triage_facts import diagnosed, only, problem, rule, sent_at


def test_it_explains_the_locks_it_keeps_and_the_requests_of_others() -> None:
    root = idle_in_transaction(100, 90.0, statement="UPDATE orders SET total=?")
    ages = {"query_age_s": 30.0, "state_age_s": 30.0, "xact_age_s": 31.0, "lock_wait_s": 30.0}
    behind = [
        session(101 + at, state="active", blocked_by=(100,), statement="UPDATE orders SET total=?", **ages)
        for at in range(3)
    ]
    stopped = serving(4211, root, requests=1, suspension=Suspension(how=Suspended.STOPPED))
    seen = snapshot(root, *behind, processes=(stopped, serving(4212, *behind, requests=3)))
    told = only(diagnosed(seen, logs=[problem("lock-timeout", "/app/shop/api.py", 9, "change")]))
    assert (told.cause, told.urgency, told.place) == ("stopped-process", Urgency.OUTAGE, None)
    assert told.verdict is not Verdict.INCONCLUSIVE
    assert "kill -CONT 4211" in told.now[0]
    assert "lock-timeout" in {*told.explains}


def test_it_lies_behind_whatever_the_source_says_of_the_same_transaction() -> None:
    root = idle_in_transaction(100, 90.0, statement="UPDATE orders SET total=?")
    ages = {"query_age_s": 30.0, "state_age_s": 30.0, "xact_age_s": 31.0, "lock_wait_s": 30.0}
    behind = session(101, state="active", blocked_by=(100,), statement="UPDATE orders SET total=?", **ages)
    call = [rule("network-call-in-transaction", "shop/payments.py", 30, "pay")]
    for suspension, cause in ((Suspension(how=Suspended.STOPPED), "stopped-process"), (None, "lock-held-during-call")):
        stopped = serving(4211, root, behind, requests=2, suspension=suspension)
        seen = snapshot(
            root, behind, processes=(stopped,), statement_lines=(sent_at(100, "shop/payments.py", 28, "pay"),)
        )
        found = diagnosed(seen, lint=call).diagnoses
        assert (found[0].cause, found[0].verdict) == (cause, Verdict.CONFIRMED)
        assert ("stopped-process" in {one.cause for one in found[0].ruled_out}) == (suspension is None)
