"""Which fields of a log's records tell transactions apart: learned from the records, whatever the fields are called.

A field (a word before the message, a key of a JSON record) tells them apart where, of the records that share its value,
each BEGIN is followed by its statements and its COMMIT or ROLLBACK before the next BEGIN. One that is another in the
midst of a transaction (a line number, a span) does not.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import IntEnum

from forge_doctor.dataclass import dataclass

Fields = tuple[tuple[str, str], ...]
"""Names and values; of words before a message the names are their places."""
MOST_FIELDS = 40
# So many broken transactions of a hundred are the log's own beginning, end and accidents.
TOLERATED = 0.02
# Most requests have so many transactions at most; with fewer groups than that, they may be processes.
FEW, LEAST_GROUPS = 3, 4


class Kind(IntEnum):
    """What a record of the engine's log is."""

    BEGIN = 0
    SENT = 1
    COMMIT = 2
    ROLLBACK = 3
    ROW = 4
    ACCESS = 5
    CROSSING = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Separation:
    """The names of the fields; `by_request` says that one of them is another for each request, as far as was seen.
    `broken` is the share of transactions that they leave mixed up."""

    names: tuple[str, ...] = ()
    by_request: bool = False
    broken: float = 0.0

    @property
    def holds(self) -> bool:
        """Whether transactions are told apart."""
        return self.broken <= TOLERATED

    def key(self, fields: Fields) -> tuple[str, ...]:
        """What the records of one transaction have in common."""
        if not self.names:
            return ()
        found = dict(fields)
        return tuple(found.get(name, "") for name in self.names)


def separation(events: Sequence[tuple[Kind, Fields]]) -> Separation:
    """Which fields tell the transactions of these records apart: as few as needed, and all more that agree."""
    told = [(kind, dict(fields)) for kind, fields in events if kind <= Kind.ROLLBACK]
    begun = sum(kind is Kind.BEGIN for kind, _ in told)
    if not begun:
        return Separation()
    names: list[str] = []
    fewest = _broken(told, ())
    candidates = _candidates(told)
    while fewest and candidates:
        ranked = sorted((_broken(told, (*names, one)), one) for one in candidates)
        if ranked[0][0] >= fewest:
            break
        fewest = ranked[0][0]
        names.append(ranked[0][1])
        candidates.remove(ranked[0][1])
    groups = _groups(told, tuple(names))
    for one in candidates:
        if _broken(told, (*names, one)) <= fewest and _groups(told, (*names, one)) > groups:
            names.append(one)
            groups = _groups(told, tuple(names))
    return Separation(names=tuple(names), by_request=_comes_and_goes(told, tuple(names)), broken=fewest / begun)


def _candidates(told: Sequence[tuple[Kind, dict[str, str]]]) -> list[str]:
    values: dict[str, set[str]] = {}
    for _, fields in told:
        for name, value in fields.items():
            values.setdefault(name, set()).add(value)
    varying = [name for name, found in values.items() if len(found) > 1]
    return sorted(varying, key=lambda name: len(values[name]))[:MOST_FIELDS]


def _key(fields: dict[str, str], names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple([fields.get(name, "") for name in names])


def _broken(told: Iterable[tuple[Kind, dict[str, str]]], names: tuple[str, ...]) -> int:
    """Transactions that are mixed up: begun within another, ended or spoken in without having begun, never ended."""
    is_open: dict[tuple[str, ...], bool] = {}
    broken = 0
    for kind, fields in told:
        key = _key(fields, names)
        state = is_open.get(key)
        if kind is Kind.BEGIN:
            broken += state is True
            is_open[key] = True
        elif kind is Kind.SENT:
            # Before the first BEGIN of all, a driver asks the server for its version.
            if state is False:
                broken += 1
        else:
            broken += state is not True
            is_open[key] = False
    return broken + sum(is_open.values())


def _groups(told: Iterable[tuple[Kind, dict[str, str]]], names: tuple[str, ...]) -> int:
    return len({_key(fields, names) for _, fields in told})


def _comes_and_goes(told: Sequence[tuple[Kind, dict[str, str]]], names: tuple[str, ...]) -> bool:
    """Whether most groups have a transaction or two and are over, as requests are; those of processes go on."""
    if not names:
        return False
    begun: dict[tuple[str, ...], int] = {}
    for kind, fields in told:
        if kind is Kind.BEGIN:
            key = _key(fields, names)
            begun[key] = begun.get(key, 0) + 1
    few = sum(times <= FEW for times in begun.values())
    return len(begun) >= LEAST_GROUPS and 2 * few > len(begun)
