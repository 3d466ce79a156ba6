"""Numbers for a time series: slots, sessions by state and worker, the longest idle transaction."""

from forge_doctor.pool.inference.situation import Situation
from forge_doctor.pool.measurements import measurements
from tests.support.snapshots import server, session, snapshot


def told(*sessions: object, **overrides: object) -> dict[tuple[str, str], float]:
    seen = measurements(Situation(snapshot(*sessions, **overrides)))  # type: ignore[arg-type]
    return {(one.name, dict(one.labels).get("state", "")): one.value for one in seen}


def test_states_ages_and_slots_are_counted() -> None:
    seen = told(
        session(1, state="idle"),
        session(2, state="idle in transaction", state_age_s=12.5),
        session(3, state="idle in transaction", state_age_s=3.0),
        server=server(max_connections=53),
    )
    assert seen["server_slots_used", ""] == 3
    assert seen["server_slots_usable", ""] == 50
    assert (seen["server_sessions", "idle"], seen["server_sessions", "idle in transaction"]) == (1, 2)
    assert seen["server_longest_idle_in_transaction_seconds", ""] == 12.5


def test_nothing_is_said_of_ages_that_could_not_be_seen() -> None:
    seen = told(session(1, hidden=True, state=None))
    assert seen["server_sessions", "hidden"] == 1
    assert ("server_longest_idle_in_transaction_seconds", "") not in seen


def test_without_a_session_there_are_no_numbers_of_the_server() -> None:
    assert [name for name, _ in told(server=None) if name.startswith("server")] == []
