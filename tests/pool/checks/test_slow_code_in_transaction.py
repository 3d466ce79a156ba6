"""slow-code-in-transaction: they come and go, unlike leaked ones."""

from tests.support.snapshots import findings, idle_in_transaction, only, snapshot


def slow(*ages: float) -> tuple:  # type: ignore[type-arg]
    return tuple(idle_in_transaction(pid, age, statement="INSERT INTO orders") for pid, age in enumerate(ages, 1))


def test_three_that_dawdle_are_a_finding_two_are_not() -> None:
    assert findings("slow-code-in-transaction", snapshot(*slow(0.5, 2))) == ()
    assert "up to 3.0 s" in only("slow-code-in-transaction", snapshot(*slow(0.5, 2, 3))).message


def test_a_round_trip_between_two_statements_is_none() -> None:
    assert findings("slow-code-in-transaction", snapshot(*slow(0.01, 0.05, 0.29))) == ()


def test_leaked_ones_are_left_to_their_own_check() -> None:
    assert findings("slow-code-in-transaction", snapshot(*slow(10, 20, 30))) == ()
    assert findings("slow-code-in-transaction", snapshot(*slow(0.5, 2, 3, 20, 30, 40))) == ()
