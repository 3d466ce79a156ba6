"""Several looks at one server: what was opened meanwhile, and which transactions never ended."""

from __future__ import annotations

from forge_doctor.pool.looks import compare
from forge_doctor.pool.snapshot import DatabaseCounters
from forge_doctor.probes.postgres.backends.session import Session
from tests.support.snapshots import idle_in_transaction, server, session, snapshot


def idle(pid: int, at_s: float, since_s: float) -> Session:
    """A session 100 s old at second 0, seen at `at_s`, idle in its transaction since second `since_s`."""
    return idle_in_transaction(pid, at_s - since_s, backend_age_s=100 + at_s)


def persisting(*looks: Session) -> tuple[int, ...]:
    return compare([snapshot(one) for one in looks], 1.0).persisting


def test_a_transaction_that_stays_open_and_idle_persists() -> None:
    assert persisting(idle(1, 0.0, -0.3), idle(1, 0.5, -0.3), idle(1, 1.0, -0.3)) == (1,)


def test_however_long_the_looks_themselves_took() -> None:
    """The window of a busy machine, 5 s here, may be longer than the transaction has been idle."""
    looks = [snapshot(idle(1, at_s, -0.01)) for at_s in (0.0, 1.0)]
    assert compare(looks, 5.0).persisting == (1,)


def test_one_that_ran_a_statement_between_two_looks_does_not() -> None:
    assert persisting(idle(1, 0.0, -0.3), idle(1, 0.5, 0.2), idle(1, 1.0, 0.2)) == ()


def test_nor_one_whose_pid_another_connection_took_over() -> None:
    reborn = idle_in_transaction(1, 0.3, backend_age_s=0.35)
    seen = compare([snapshot(idle(1, 0.0, -0.3)), snapshot(reborn)], 0.5)
    assert (seen.persisting, seen.opened) == ((), 1)


def test_nor_one_that_failed_or_ended() -> None:
    aborted = idle_in_transaction(1, 1.3, backend_age_s=101, state="idle in transaction (aborted)")
    assert persisting(idle(1, 0.0, -0.3), aborted) == ()
    assert persisting(idle(1, 0.0, -0.3), session(1)) == ()
    assert persisting(idle(1, 0.0, -0.3), session(2)) == ()


def test_connections_opened_between_any_two_looks_count() -> None:
    looks = [snapshot(session(1)), snapshot(session(1), session(2)), snapshot(session(1), session(3))]
    assert compare(looks, 1.0).opened == 2


def test_a_look_that_was_refused_says_nothing_of_any_session() -> None:
    refused = snapshot(server=None)
    looks = [snapshot(idle(1, 0.0, -0.3)), refused, snapshot(idle(1, 1.0, -0.3))]
    seen = compare(looks, 1.0)
    assert (seen.opened, seen.persisting) == (0, (1,))
    alone = compare([refused, snapshot(idle(1, 1.0, -0.3))], 1.0)
    assert (alone.opened, alone.persisting) == (0, ())


def test_or_as_many_as_the_server_counted() -> None:
    def counting(sessions: int) -> DatabaseCounters:
        return DatabaseCounters(sessions=sessions)

    looks = [snapshot(session(1), server=server(counters=counting(number))) for number in (40, 49)]
    assert compare(looks, 1.0).opened == 9


def test_the_load_is_the_mean_of_the_sessions_that_were_not_idle() -> None:
    looks = [snapshot(session(1)), snapshot(session(1, state="active")), snapshot(session(1, state="active"))]
    assert compare(looks, 1.0).in_use == 2 / 3
