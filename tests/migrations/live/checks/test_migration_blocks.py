from dataclasses import replace

from forge_doctor.finding import Severity
from tests.support.live_migrations import judge, session, snapshot, told, wants

CHECK = "migration-blocks"
MIGRATION = session(8, statement="CREATE INDEX ix ON orders (note)", state="active")
WAITER = session(9, statement="INSERT INTO orders VALUES (?)", blocked_by=(8,), lock_wait_s=10.0)
LOCKS = (wants(8, "ShareLock", granted=True), wants(9, "RowExclusiveLock"))


def test_a_migration_at_work_that_blocks_is_told_with_its_progress() -> None:
    seen = snapshot(sessions=(MIGRATION, WAITER), locks=LOCKS, progress={"8": "CREATE INDEX: building index"})
    [found] = told(judge(seen), CHECK)
    assert "blocks 1 session, the longest for 10 s" in found.message
    assert found.severity is Severity.ERROR
    assert "building index" in next(one.value for one in found.evidence if one.label == "progress")


def test_one_that_sits_in_its_transaction_is_critical_and_ended() -> None:
    idle = replace(MIGRATION, state="idle in transaction", state_age_s=90.0)
    [found] = told(judge(snapshot(sessions=(idle, WAITER), locks=LOCKS, migrators=(8,))), CHECK)
    assert found.severity is Severity.CRITICAL
    assert "pg_terminate_backend" in found.remedy


def test_one_left_open_is_told_before_anybody_waits() -> None:
    idle = replace(MIGRATION, state="idle in transaction", state_age_s=90.0)
    [found] = told(judge(snapshot(sessions=(idle,), migrators=(8,))), CHECK)
    assert "idle in its transaction for 90 s" in found.message
    fresh = replace(idle, state_age_s=5.0)
    assert told(judge(snapshot(sessions=(fresh,), migrators=(8,))), CHECK) == []


def test_an_application_that_blocks_is_pools_business() -> None:
    other = replace(MIGRATION, statement="UPDATE orders SET note = ?")
    assert told(judge(snapshot(sessions=(other, WAITER), locks=LOCKS)), CHECK) == []
