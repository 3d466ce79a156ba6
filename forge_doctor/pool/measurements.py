"""A snapshot as numbers for a time series: slots, sessions by state and worker, the longest idle transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from forge_doctor.pool.inference.situation import Situation
from forge_doctor.report import Measurement


def measurements(situation: Situation) -> tuple[Measurement, ...]:
    """What was seen of the server, each value as of the look; nothing of what could not be seen."""
    return (*_slots(situation), *_sessions(situation), *_pool(situation))


def _slots(situation: Situation) -> Iterator[Measurement]:
    if situation.usable is not None:
        yield Measurement(
            "server_slots_usable", "Connection slots the application's role may use.", situation.usable.slots
        )
        yield Measurement("server_slots_used", "Connection slots that client sessions hold.", len(situation.sessions))


def _sessions(situation: Situation) -> Iterator[Measurement]:
    """Hidden sessions have no state to tell: they are counted as such, and their ages are not known."""
    counted = Counter(
        ((holder.short_name if holder.is_worker else ""), "hidden" if session.hidden else session.state or "unknown")
        for holder in situation.holders
        for session in holder.sessions
    )
    for (worker, state), count in sorted(counted.items()):
        labels = (("worker", worker), ("state", state))
        yield Measurement("server_sessions", "Client sessions by state and worker.", count, labels)
    if situation.server is not None and not situation.hidden:
        ages = [one.state_age_s or 0.0 for one in situation.sessions if one.idle_in_transaction]
        meaning = "How long the transaction that has been idle longest has been so; 0 where none is."
        yield Measurement("server_longest_idle_in_transaction_seconds", meaning, max(ages, default=0.0))


def _pool(situation: Situation) -> Iterator[Measurement]:
    for name, number in (
        ("pool_size", situation.application.pool_size),
        ("max_overflow", situation.application.max_overflow),
    ):
        if number is not None and number.value is not None:
            labels = (("source", number.source),)
            yield Measurement(f"application_{name}", f"{name} of the application's engine.", number.value, labels)
