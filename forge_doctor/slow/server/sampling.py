"""What sessions do, looked at many times a second: shares of looks, never counts of executions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from forge_doctor.dataclass import dataclass, field
from forge_doctor.slow.server.work import SampledStatement, Samples
from forge_doctor.sql.masking import without_values

Row = Mapping[str, Any]
KEPT = 100
BLOCKERS = 3
IN_TRANSACTION = ("idle in transaction", "idle in transaction (aborted)")


@dataclass(slots=True)
class _Seen:
    text: str
    running: int = 0
    waiting: int = 0
    sent: int = 0
    repeated: int = 0
    blockers: dict[str, None] = field(default_factory=dict)
    longest_wait_s: float = 0.0


@dataclass(slots=True)
class Sampler:
    """Takes in one look after the other."""

    looks: int = 0
    active: int = 0
    idle_in_transaction: int = 0
    open: int = 0
    changed: int = 0
    watched: int = 0
    bouncer: bool = False
    cost_ms: float = 0.0
    waits: Counter[str] = field(default_factory=Counter)
    _before: dict[int, Row] = field(default_factory=dict)
    _seen: dict[str, _Seen] = field(default_factory=dict)
    _pids: set[int] = field(default_factory=set)
    _texts: dict[str, str] = field(default_factory=dict)

    def add(self, rows: Sequence[Row], took_ms: float) -> None:
        """One look at all sessions."""
        self.looks += 1
        self.cost_ms += took_ms
        last = {row["pid"]: row["query"] or "" for row in rows}
        for row in rows:
            self._session(row, last)
        self._before = {row["pid"]: row for row in rows}

    def _session(self, row: Row, last: Mapping[int, str]) -> None:
        self.open += 1
        self.bouncer = self.bouncer or bool(row["bouncer"])
        state, pid = row["state"], row["pid"]
        if state not in ("active", *IN_TRANSACTION):
            return
        self._pids.add(pid)
        seen = self._statement(row)
        before = self._before.get(pid)
        if before is not None:
            self.watched += 1
            if before["started"] != row["started"]:
                self.changed += 1
                seen.sent += 1
                again = before["began"] == row["began"] and self._name(before) == self._name(row)
                seen.repeated += again and row["began"] is not None
        if state in IN_TRANSACTION:
            self.idle_in_transaction += 1
            return
        self.active += 1
        seen.running += 1
        self.waits[f"{row['wait_type']}:{row['wait']}" if row["wait_type"] else "CPU"] += 1
        if row["wait_type"] == "Lock":
            seen.waiting += 1
            seen.longest_wait_s = max(seen.longest_wait_s, row["age_s"] or 0.0)
            for blocker in (row["blocked_by"] or "").split(","):
                if blocker.isdigit() and last.get(int(blocker)) and len(seen.blockers) < BLOCKERS:
                    seen.blockers[self._masked(last[int(blocker)])] = None

    def _statement(self, row: Row) -> _Seen:
        return self._seen.setdefault(self._name(row), _Seen(text=self._masked(row["query"] or "")))

    def _name(self, row: Row) -> str:
        return str(row["key"] or self._masked(row["query"] or ""))

    def _masked(self, query: str) -> str:
        if query not in self._texts:
            self._texts[query] = without_values(query)
        return self._texts[query]

    def samples(self) -> Samples:
        """What all looks gave."""
        looks = max(1, self.looks)
        kept = sorted(self._seen.items(), key=lambda one: -(one[1].running + one[1].sent))[:KEPT]
        return Samples(
            looks=self.looks,
            active=self.active / looks,
            idle_in_transaction=self.idle_in_transaction / looks,
            open=self.open / looks,
            changed=self.changed,
            watched=self.watched,
            waits=dict(self.waits),
            statements=tuple(
                SampledStatement(
                    key=key,
                    text=one.text,
                    running=one.running,
                    waiting=one.waiting,
                    sent=one.sent,
                    repeated=one.repeated,
                    blockers=tuple(one.blockers),
                    longest_wait_s=round(one.longest_wait_s, 3),
                )
                for key, one in kept
            ),
            pids=len(self._pids),
            cost_ms=self.cost_ms / looks,
            bouncer=self.bouncer,
        )
