"""The report on a moment of a record, with what led to it; and the list of moments where findings changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from forge_doctor.dataclass import replace
from forge_doctor.finding import NotRun, Severity
from forge_doctor.pool.history import History
from forge_doctor.pool.recorder.episodes import Episode, Judge, episodes, judged
from forge_doctor.pool.recorder.moments import (
    LOOKS_MISSING,
    clock_time,
    extent,
    gaps,
    index_at,
    settings_of_clock,
    table_time,
    told,
)
from forge_doctor.pool.recorder.read import Record, RecordedLook
from forge_doctor.pool.snapshot import PoolSnapshot
from forge_doctor.pool.wording import count
from forge_doctor.probes.postgres.backends.session import Session
from forge_doctor.report import Report, Table

LED_TO_IT_S = 600.0
CHECK = "record"
Progress = Callable[[int, int], None]


def replay_moment(record: Record, moment: float, judge: Judge) -> Report:
    """The diagnosis of the look at `moment` or the last before it; raises `UsageProblem` outside the record."""
    index = index_at(record, moment, "--at")
    look = record.looks[index]
    history = History()
    looked = [
        (at, seen, history.add(seen, plain)) for at, seen, plain in judged(record, _leading_to(record, index), judge)
    ]
    led = episodes((at, one) for at, _, one in looked)
    began, (_, seen, report) = looked[0][0], looked[-1]
    tables = (_led_table(record, led, began), _since_table(record, report, seen, led, look))
    head = f"At {clock_time(look.at)}{_distance(moment - look.at)}, from a record; what to type was right then. "
    return replace(
        report,
        headline=head + report.headline,
        tables=(*report.tables, *(table for table in tables if table), *_notes_table(record)),
        not_run=(*report.not_run, *_unseen(record, look, moment), *_damage(record)),
        data={**report.data, CHECK: {**_extent_data(record), "at": look.at, "episodes": [*map(_episode_data, led)]}},
    )


def list_moments(record: Record, judge: Judge, progress: Progress) -> Report:
    """From when to when which check found what: each `from` is a moment worth a closer look."""
    found: list[tuple[float, Report]] = []
    crashed: tuple[NotRun, ...] = ()
    for number, (at, _, report) in enumerate(judged(record, range(len(record.looks)), judge)):
        found.append((at, report))
        crashed = crashed or tuple(one for one in report.not_run if one.crashed)
        progress(number, len(record.looks))
    led = episodes(found)
    began = found[0][0] if found else 0.0
    table = _episode_table("What was found, and when", record, led, began)
    moments = sorted({at for one in led for at in (one.began, one.ended) if at is not None} - {began})
    return Report(
        command="pool",
        subject=record.target,
        inspected={"looks": len(found)},
        headline=f"{extent(record)}. Findings changed at {count(len(moments), 'moment')}; --at TIME judges one.",
        tables=(*((table,) if table else ()), *_notes_table(record)),
        not_run=(*crashed, *_damage(record)),
        data={CHECK: {**_extent_data(record), "episodes": [*map(_episode_data, led)]}},
    )


def _leading_to(record: Record, index: int) -> range:
    """The looks of the last minutes; a run before this one is told of by the list of moments."""
    last, first = record.looks[index], index
    while first > 0:
        before = record.looks[first - 1]
        if before.run != last.run or last.up - before.up > LED_TO_IT_S:
            break
        first -= 1
    return range(first, index + 1)


def _led_table(record: Record, led: Sequence[Episode], began: float) -> Table | None:
    table = _episode_table("What led to it", record, led, began)
    since = "where the record begins" if began == record.looks[0].at else f"the {LED_TO_IT_S / 60:.0f} minutes before"
    return replace(table, note=f"seen from {clock_time(began)} on, {since}") if table else None


def _episode_table(title: str, record: Record, led: Sequence[Episode], began: float) -> Table | None:
    """Without advice that was true all the time: it led to nothing, and changed nothing."""
    rows = tuple(
        (
            table_time(one.began, record),
            table_time(one.ended, record) if one.ended is not None else "-",
            one.looks,
            one.gravest.severity.label,
            one.check,
            one.gravest.message,
        )
        for one in led
        if one.gravest.severity > Severity.INFO or one.began > began or one.ended is not None
    )
    columns = ("from, UTC", "until", "looks", "severity", "check", "what")
    return Table(title=title, columns=columns, rows=rows) if rows else None


def _since_table(
    record: Record, report: Report, seen: PoolSnapshot, led: Sequence[Episode], look: RecordedLook
) -> Table | None:
    """Since when the transactions of each finding were open, by the server's clock."""
    sessions = {one.pid: one for one in seen.sessions}
    found_since = {one.check: one.began for one in led}
    rows: list[tuple[str | int, ...]] = []
    for found in report.findings:
        inside = [sessions[pid] for pid in found.sessions if pid in sessions and sessions[pid].xact_age_s is not None]
        if inside:
            open_since = sorted(_xact_start(one, look) for one in inside)
            times = [table_time(one, record) for one in (open_since[0], open_since[-1])]
            began = table_time(found_since.get(found.check, look.at), record)
            rows.append((found.check, began, len(inside), *times))
    if not rows:
        return None
    columns = ("check", "found since, UTC", "transactions", "the oldest open since", "the newest since")
    return Table(title="Since when", columns=columns, rows=tuple(rows), note="transactions: by the server's clock")


def _xact_start(session: Session, look: RecordedLook) -> float:
    return look.origin + look.clock - (session.xact_age_s or 0.0)


def _unseen(record: Record, look: RecordedLook, moment: float) -> tuple[NotRun, ...]:
    """Said where nobody saw the moment itself."""
    if moment - look.at <= LOOKS_MISSING * look.every_s and not _failed_between(record, look, moment):
        return ()
    gap = next((one for one in gaps(record) if one.began == look.at), None)
    where = told(gap) if gap else f"after {clock_time(look.at)}"
    reason = f"nothing was seen {where}: judged is the look {moment - look.at:.0f} s before {clock_time(moment)}"
    return (NotRun(check=CHECK, reason=reason),)


def _failed_between(record: Record, look: RecordedLook, moment: float) -> bool:
    return any(one.failed and look.at < one.at <= moment for one in record.looks)


def _damage(record: Record) -> tuple[NotRun, ...]:
    return tuple(NotRun(check=CHECK, reason=one) for one in record.damage)


def _distance(seconds: float) -> str:
    return f", the last look {seconds:.0f} s before the moment asked for" if seconds >= 1 else ""


def _notes_table(record: Record) -> tuple[Table, ...]:
    notes = [*record.notes, *settings_of_clock(record), *(f"no look {told(gap)}" for gap in gaps(record))]
    return (Table(title="The record", columns=("note",), rows=tuple((one,) for one in notes)),) if notes else ()


def _extent_data(record: Record) -> dict[str, Any]:
    return {
        "extent": extent(record),
        "looks": sum(not look.failed for look in record.looks),
        "notes": list(record.notes),
        "gaps": [{"began": gap.began, "ended": gap.ended, "why": gap.why} for gap in gaps(record)],
        "clock_set": list(settings_of_clock(record)),
    }


def _episode_data(one: Episode) -> dict[str, Any]:
    return {
        "check": one.check,
        "began": one.began,
        "ended": one.ended,
        "looks": one.looks,
        "severity": one.gravest.severity.label,
        "message": one.gravest.message,
    }
