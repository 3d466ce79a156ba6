"""A record and what was raised, told apart by an export or kept together: the same problems, at their times, and no other."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import pytest

from tests.streams.carriers.test_carriers import read
from tests.support.log_events import APART, Event

RAISED = {
    "pool-timeout": "sqlalchemy.exc.TimeoutError: QueuePool limit of size 5 overflow 10 reached, connection timed out, timeout 30.00",
    "too-many-clients": "asyncpg.exceptions.TooManyConnectionsError: sorry, too many clients already",
    "KeyError": "KeyError: 'cart'",
}
BEGIN = 1795334400.0


def drawn(seed: int) -> tuple[list[Event], dict[str, tuple[int, int, float, float]]]:
    """Some records of a service, and of each fault in them its line, count, first and last moment."""
    order = random.Random(seed)
    at, events, faults = BEGIN + order.random() * 600, list[Event](), dict[str, tuple[int, int, float, float]]()
    for name in order.choices(sorted(RAISED), k=order.randint(2, 6)):
        line, count, first, _ = faults.get(name, (order.randint(10, 400), 0, 0.0, 0.0))
        at += order.uniform(2, 20)
        events.append(Event(at=at, level="INFO", message=f"served {order.randint(1, 90)} carts"))
        at += order.uniform(0.5, 5)
        frame = f'  File "/app/shop/carts.py", line {line}, in show\n    found = pick(cart)'
        trace = f"Traceback (most recent call last):\n{frame}\n{RAISED[name]}"
        events.append(Event(at=at, level="ERROR", message="could not show the cart", trace=trace))
        faults[name] = (line, count + 1, first or at, at)
    return [*events, Event(at=at + 1, level="INFO", message="the service ends")], faults


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("way", sorted(APART))
def test_what_was_raised_is_found(way: str, seed: int, tmp_path: Path) -> None:
    events, faults = drawn(seed)
    found = read(tmp_path / "input", APART[way](events).encode())
    assert found.problem == ""
    groups = {one.signature or one.exception: one for one in found.summary.groups.values()}
    lines = Counter({name: one.count for name, one in groups.items()})
    assert lines == {name: count for name, (_, count, _, _) in faults.items()}
    for name, (line, _, first, last) in faults.items():
        culprit = groups[name].culprit
        assert culprit is not None
        assert (culprit.file, culprit.line) == ("/app/shop/carts.py", line)
        assert groups[name].first == pytest.approx(first, abs=1.1)
        assert groups[name].last == pytest.approx(last, abs=1.1)


@pytest.mark.parametrize("way", sorted(APART))
def test_a_service_that_is_well_stays_silent(way: str, tmp_path: Path) -> None:
    events = [one for one in drawn(7)[0] if not one.trace]
    found = read(tmp_path / "input", APART[way](events).encode())
    assert (found.problem, list(found.summary.groups)) == ("", [])
