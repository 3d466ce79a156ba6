"""From when to when each check found something: every look judged like a live one, with those before it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from forge_doctor.dataclass import dataclass, replace
from forge_doctor.finding import Finding
from forge_doctor.pool.looks import compare
from forge_doctor.pool.recorder.moments import together
from forge_doctor.pool.recorder.read import Record
from forge_doctor.pool.snapshot import PoolSnapshot
from forge_doctor.report import Report

Judge = Callable[[PoolSnapshot], Report]
# A finding that is away for fewer looks than this has not gone: a state may look otherwise for a moment.
LOOKS_AWAY = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """One check's findings without a break; `ended` is None where the last look still has them, `gravest` the worst."""

    check: str
    began: float
    ended: float | None
    looks: int
    gravest: Finding


@dataclass(slots=True)
class _Running:
    began: float
    gravest: Finding
    looks: int = 0
    away: int = 0
    left: float = 0.0


def judged(record: Record, indexes: Iterable[int], judge: Judge) -> Iterator[tuple[float, PoolSnapshot, Report]]:
    """Each of these looks with the time it was taken; looks that failed are passed over."""
    recent: dict[int, PoolSnapshot] = {}  # by look: each is decoded once
    for index in indexes:
        look = record.looks[index]
        if look.failed:
            continue
        near = together(record, index)
        recent = {id(one): recent.get(id(one)) or one.snapshot() for one in near}
        taken = list(recent.values())
        seen = taken[-1]
        if len(taken) > 1:
            seen = replace(seen, looks=compare(taken, near[-1].up - near[0].up))
        yield look.at, seen, judge(seen)


def episodes(reports: Iterable[tuple[float, Report]]) -> tuple[Episode, ...]:
    """What the reports found from when to when, in the order it began."""
    running: dict[str, _Running] = {}
    ended: list[Episode] = []
    for at, report in reports:
        worst: dict[str, Finding] = {}
        for found in report.findings:
            worst[found.check] = min(found, worst.get(found.check, found), key=lambda one: one.rank)
        for check, found in worst.items():
            one = running.setdefault(check, _Running(began=at, gravest=found))
            one.looks, one.away = one.looks + 1, 0
            one.gravest = max(found, one.gravest, key=lambda each: each.severity)
        for check in running.keys() - worst.keys():
            _miss(running, check, at, ended)
    ended += [_closed(check, one, one.left if one.away else None) for check, one in running.items()]
    return tuple(sorted(ended, key=lambda one: (one.began, one.check)))


def _miss(running: dict[str, _Running], check: str, at: float, ended: list[Episode]) -> None:
    one = running[check]
    one.left = one.left if one.away else at
    one.away += 1
    if one.away >= LOOKS_AWAY:
        ended.append(_closed(check, running.pop(check), one.left))


def _closed(check: str, one: _Running, ended: float | None) -> Episode:
    return Episode(check=check, began=one.began, ended=ended, looks=one.looks, gravest=one.gravest)
