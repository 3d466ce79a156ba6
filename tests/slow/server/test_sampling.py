"""Looks at sessions: shares of looks, what moved between them, who waited for whom."""

from __future__ import annotations

from typing import Any

import pytest

from forge_doctor.slow.server.sampling import Sampler
from forge_doctor.slow.server.work import SampledStatement, Samples


def session(pid: int, started: float, **overrides: Any) -> dict[str, Any]:
    own = {
        "pid": pid,
        "state": "active",
        "wait_type": None,
        "wait": None,
        "started": started,
        "began": 1.0,
        "age_s": 0.5,
        "key": "q1",
        "query": "SELECT a FROM t WHERE b = 'x'",
        "blocked_by": "",
        "bouncer": False,
    }
    return {**own, **overrides}


def sampled(*looks: list[dict[str, Any]]) -> Samples:
    sampler = Sampler()
    for rows in looks:
        sampler.add(rows, 2.0)
    return sampler.samples()


def only(samples: Samples) -> SampledStatement:
    assert len(samples.statements) == 1
    return samples.statements[0]


def test_means_and_waits() -> None:
    idle = session(3, 1.0, state="idle")
    waiting = session(1, 1.0, wait_type="IO", wait="DataFileRead")
    seen = sampled([waiting, session(2, 1.0, state="idle in transaction"), idle], [session(1, 1.0), idle])
    assert (seen.looks, seen.active, seen.idle_in_transaction, seen.open, seen.cost_ms) == (2, 1.0, 0.5, 2.5, 2.0)
    assert seen.waits == {"IO:DataFileRead": 1, "CPU": 1}
    assert only(seen).text == "SELECT a FROM t WHERE b = ?"


@pytest.mark.parametrize(
    ("second", "changed", "repeated"),
    [
        (session(1, 1.0), 0, 0),
        (session(1, 2.0), 1, 1),
        (session(1, 2.0, began=2.0), 1, 0),
        (session(1, 2.0, began=None), 1, 0),
        (session(1, 2.0, key="q2"), 1, 0),
        (session(9, 2.0), 0, 0),
    ],
)
def test_what_moved_since_the_look_before(second: dict[str, Any], changed: int, repeated: int) -> None:
    first = session(1, 1.0, began=second["began"] if second["began"] is None else 1.0)
    seen = sampled([first], [second])
    assert seen.changed == changed
    assert sum(one.repeated for one in seen.statements) == repeated


def test_who_waits_for_whom() -> None:
    waiter = session(1, 1.0, wait_type="Lock", wait="transactionid", blocked_by="7,8", age_s=2.0)
    holder = session(7, 1.0, state="idle in transaction", key="q7", query="UPDATE t SET a = 5")
    seen = sampled([waiter, holder])
    one = next(one for one in seen.statements if one.key == "q1")
    assert (one.waiting, one.running, one.longest_wait_s, one.blockers) == (1, 1, 2.0, ("UPDATE t SET a = ?",))


def test_before_14_a_statement_is_told_by_its_text() -> None:
    assert only(sampled([session(1, 1.0, key=None)])).key == "SELECT a FROM t WHERE b = ?"


def test_hidden_sessions_are_nobodys() -> None:
    hidden = session(1, 1.0, state=None, query="<insufficient privilege>", key=None)
    assert sampled([hidden]).statements == ()
