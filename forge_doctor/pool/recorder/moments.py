"""Which look of a record tells of a moment, where nobody looked, and where the clock was set; judges nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from forge_doctor.dataclass import dataclass
from forge_doctor.errors import UsageProblem
from forge_doctor.pool.recorder.read import Record, RecordedLook
from forge_doctor.pool.wording import count

TIME_OF_DAY = re.compile(r"(\d{1,2}):(\d\d)(?::(\d\d)(?:\.\d+)?)?Z?")
# A look may take its time on a busy machine; so many of them missing are a gap.
LOOKS_MISSING = 5
CLOCK_SET_S = 1.0
# What --duration does by hand: looks so far back tell what stayed and what came and went.
TOGETHER_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """From the last look before it to the first behind it, None where the record ends; `why` in words."""

    began: float
    ended: float | None
    why: str


def moment_of_day(text: str, record: Record) -> float | None:
    """Seconds since the epoch of `03:02:10`, on the last day of the record that has it; None for other writing."""
    found = TIME_OF_DAY.fullmatch(text.strip())
    if found is None:
        return None
    hour, minute, second = (int(part or 0) for part in found.groups())
    if hour > 23 or minute > 59 or second > 59:
        return None
    earliest, latest = bounds(record)
    day = datetime.fromtimestamp(latest, UTC)
    moment = day.replace(hour=hour, minute=minute, second=second, microsecond=0)
    days = (moment - timedelta(days=back) for back in range(int((latest - earliest) // 86400) + 2))
    within = (one.timestamp() for one in days if int(earliest) <= one.timestamp() <= latest + record.looks[-1].every_s)
    return next(within, moment.timestamp())


def bounds(record: Record) -> tuple[float, float]:
    """The earliest and the latest time a look was taken at; a clock that was set back may have made them any two."""
    times = [look.at for look in record.looks]
    return min(times), max(times)


def index_at(record: Record, moment: float, option: str) -> int:
    """The look at this moment or the nearest before it; raises `UsageProblem` that tells what is there.

    Where a clock that was set back has a time twice, the later look of it is taken.
    """
    _, latest = bounds(record)
    # People type whole seconds.
    until = moment + (1.0 if moment == int(moment) else 0.0)
    chosen = [index for index, look in enumerate(record.looks) if look.at < until and not look.failed]
    if not chosen or moment > latest + LOOKS_MISSING * record.looks[-1].every_s:
        raise UsageProblem(f"{option} {clock_time(moment)}: is outside the record, which holds {extent(record)}")
    return max(chosen, key=lambda index: (record.looks[index].at, index))


def together(record: Record, index: int, within_s: float = TOGETHER_S) -> Sequence[RecordedLook]:
    """The looks of the same run up to this one and not longer ago than that, by the clock nobody sets."""
    last = record.looks[index]
    first = index
    while first > 0 and _is_near(record.looks[first - 1], last, within_s):
        first -= 1
    return [look for look in record.looks[first : index + 1] if not look.failed]


def gaps(record: Record) -> Iterator[Gap]:
    """Where looks are missing, in the order of the record."""
    seen: RecordedLook | None = None
    why = ""
    for look in record.looks:
        if look.failed:
            why = look.failed
            continue
        if seen is not None and (why or _apart_s(seen, look) > LOOKS_MISSING * look.every_s):
            yield Gap(began=seen.at, ended=look.at, why=why or _reason(seen, look))
        seen, why = look, ""
    if why and seen is not None:
        yield Gap(began=seen.at, ended=None, why=why)


def settings_of_clock(record: Record) -> Iterator[str]:
    """Where the clock of the recording machine was set, in words."""
    for before, after in pairwise(record.looks):
        shift = (after.at - before.at) - (after.up - before.up)
        if after.run == before.run and abs(shift) > CLOCK_SET_S:
            way = "forward" if shift > 0 else "back"
            yield f"the clock was set {way} by {abs(shift):.0f} s after {clock_time(before.at)}"


def extent(record: Record) -> str:
    """From when to when, and how many."""
    earliest, latest = bounds(record)
    taken = sum(not look.failed for look in record.looks)
    holes = "".join(f"; none {told(gap)}" for gap in list(gaps(record))[:3])
    return f"{count(taken, 'look')} from {clock_time(earliest)} to {clock_time(latest)}{holes}"


def told(gap: Gap) -> str:
    """The gap in words."""
    end = f"to {clock_time(gap.ended)}" if gap.ended is not None else "to the end"
    return f"from {clock_time(gap.began)} {end} ({gap.why})"


def clock_time(moment: float) -> str:
    """`2026-11-22 03:02:10 UTC`."""
    return f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%d %H:%M:%S} UTC"


def table_time(moment: float, record: Record) -> str:
    """`03:02:10`, with its date where that is not the record's last."""
    told, latest = (f"{datetime.fromtimestamp(one, UTC):%Y-%m-%d %H:%M:%S}" for one in (moment, bounds(record)[1]))
    return told.removeprefix(latest[:11])


def _is_near(look: RecordedLook, last: RecordedLook, within_s: float) -> bool:
    return look.run == last.run and 0 <= last.up - look.up <= within_s


def _apart_s(before: RecordedLook, after: RecordedLook) -> float:
    return after.up - before.up if before.run == after.run else abs(after.at - before.at)


def _reason(before: RecordedLook, after: RecordedLook) -> str:
    return "no look was written" if before.run == after.run else "no recorder ran"
