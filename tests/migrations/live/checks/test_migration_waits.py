from dataclasses import replace

from forge_doctor.finding import Severity
from tests.support.live_migrations import SERVER, judge, session, snapshot, told, wants

CHECK = "migration-waits"
READER = session(7, state="idle in transaction", state_age_s=300.0, xact_age_s=310.0)
MIGRATION = session(8, statement="ALTER TABLE orders ADD COLUMN x INT", blocked_by=(7,), lock_wait_s=20.0)
BEHIND = session(9, statement="SELECT ? FROM orders", blocked_by=(8,), lock_wait_s=10.0)
LOCKS = (wants(8), wants(7, "AccessShareLock", granted=True), wants(9, "AccessShareLock"))


def test_it_is_critical_where_others_wait_behind_it() -> None:
    [found] = told(judge(snapshot(sessions=(READER, MIGRATION, BEHIND), locks=LOCKS)), CHECK)
    assert found.severity is Severity.CRITICAL
    assert (
        "has waited 20 s for AccessExclusiveLock on orders: pid 7 (deployer) has been idle in transaction"
        in found.message
    )
    assert found.remedy.startswith("SELECT a.pid, pg_cancel_backend(a.pid)")
    assert set(found.sessions) == {7, 8, 9}


def test_alone_it_is_an_error() -> None:
    [found] = told(judge(snapshot(sessions=(READER, MIGRATION), locks=LOCKS)), CHECK)
    assert found.severity is Severity.ERROR


def test_a_query_that_waits_is_no_migration() -> None:
    other = replace(MIGRATION, statement="UPDATE orders SET note = ?")
    assert told(judge(snapshot(sessions=(READER, other), locks=LOCKS)), CHECK) == []
    assert told(judge(snapshot(sessions=(READER, other), locks=LOCKS, migrators=(8,))), CHECK)


def test_who_may_not_see_says_what_lets_it() -> None:
    hidden = replace(BEHIND, hidden=True)
    report = judge(snapshot(sessions=(READER, hidden)))
    assert [one.remedy.partition(";")[0] for one in report.not_run] == ['GRANT pg_monitor TO "deployer"']


def test_a_standby_does_not_show_the_migration() -> None:
    report = judge(snapshot(server=replace(SERVER, in_recovery=True)))
    assert ["standby" in one.reason for one in report.not_run] == [True]
