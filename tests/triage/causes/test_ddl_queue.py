"""A schema change in a lock queue is cancelled first; who stands ahead of it is told as the holder."""

from forge_doctor.diagnosis import Urgency, Verdict
from forge_doctor.probes.postgres.backends.session import Lock
from tests.support.snapshots import idle_in_transaction, serving, session, snapshot
from tests.support.triage_facts import diagnosed, only, problem

ALTER = "ALTER TABLE orders ADD COLUMN note text"


def queue():
    root = idle_in_transaction(100, 40.0, statement="SELECT * FROM orders")
    change = waits(200, ALTER, (100,), application_name="alembic", client_port=50200)
    behind = [waits(101 + at, "SELECT * FROM orders WHERE id = ?", (200,)) for at in range(4)]
    locks = [Lock(pid=100, kind="relation", mode="AccessShareLock", granted=True, relation="orders")]
    locks += [Lock(pid=200, kind="relation", mode="AccessExclusiveLock", granted=False, relation="orders")]
    locks += [
        Lock(pid=one.pid, kind="relation", mode="AccessShareLock", granted=False, relation="orders") for one in behind
    ]
    return snapshot(root, change, *behind, locks=tuple(locks), processes=(serving(4211, root, *behind, requests=5),))


def waits(pid, statement, behind, **more):
    ages = {"query_age_s": 20.0, "state_age_s": 20.0, "xact_age_s": 21.0, "lock_wait_s": 20.0}
    return session(pid, state="active", statement=statement, blocked_by=behind, **{**ages, **more})


def test_the_change_is_cancelled_and_the_timeouts_are_its():
    told = only(diagnosed(queue(), logs=[problem("lock-timeout", "/app/shop/api.py", 30, "orders")]))
    assert (told.cause, told.urgency) == ("ddl-queue", Urgency.OUTAGE)
    assert told.verdict is not Verdict.INCONCLUSIVE
    assert "pg_cancel_backend" in told.now[0]
    assert "(200)" in told.now[0]
    assert "lock-timeout" in {*told.explains}
    assert str(told.place) != "shop/api.py:30 orders"
    assert any("lock_timeout" in one for one in told.change)
