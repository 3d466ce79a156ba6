"""Times stay what they are: in whatever notation a program writes them, in whatever zone, whatever is round its lines.

First, last and rate of a problem are held against the moments at which it was written. A clock without a date is no moment.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from forge_doctor.logs.problems.group import Group
from tests.streams.carriers.test_carriers import read
from tests.support.log_carriers import TIMED

BEGIN = 1795334400
NOTATIONS = (
    "%Y-%m-%d %H:%M:%S,120",
    "%Y-%m-%dT%H:%M:%S.120%z",
    "[%Y-%m-%d %H:%M:%S %z]",
    "%Y-%m-%d %H:%M:%S.120 %z",
    "[%d/%b/%Y:%H:%M:%S %z]",
    "%d.%m.%Y %H:%M:%S",
    "%Y/%m/%d %H:%M:%S",
    "%b %d, %Y %I:%M:%S %p",
    "[%Y-%b-%d %H:%M:%S.120]",
)
CLOCKS = ("%H:%M:%S", "[%H:%M:%S]", "%H:%M:%S.120 |")
HOURS = (-8, -3.5, 0, 1, 5.5, 9)
TRACE = (
    "Traceback (most recent call last):",
    '  File "/app/{0}.py", line 17, in keep',
    "    session.commit()",
    "sqlite3.OperationalError: database is locked",
)
Timed = list[tuple[float, str]]


def written(name: str, notation: str, hours: float, moments: list[float], failed: set[float]) -> Timed:
    """What a program writes at these moments, with its own time before each record."""
    zone = timezone(timedelta(hours=hours if "%z" in notation else 0))
    lines: Timed = []
    for at in moments:
        stamp = datetime.fromtimestamp(at, zone).strftime(notation)
        if at in failed:
            lines.append((at, f"{stamp} ERROR [{name}.store] not saved"))
            lines += [(at, line.format(name)) for line in TRACE]
        else:
            lines.append((at, f"{stamp} INFO [{name}.web] served {at:.0f} requests"))
    return lines


def plain(lines: Timed) -> str:
    return "".join(f"{line}\n" for _, line in lines)


def as_json(lines: Timed) -> str:
    return "".join(json.dumps({"message": line, "stream": "stdout", "host": "web-7"}) + "\n" for _, line in lines)


def behind_a_name(lines: Timed) -> str:
    return "".join(f"web.1 <shop> {line}\n" for _, line in lines)


UNTIMED: tuple[Callable[[Timed], str], ...] = (plain, as_json, behind_a_name)


def drawn(order: random.Random) -> tuple[list[float], set[float]]:
    """Moments of records in their order, and those of which a problem tells."""
    moments = sorted(order.sample(range(BEGIN, BEGIN + 30_000, 7), order.randint(8, 60)))
    failed = order.sample(moments, order.randint(2, len(moments) // 2))
    return [float(at) for at in moments], {float(at) for at in failed}


def holds(group: Group, failed: set[float]) -> None:
    assert group.count == len(failed)
    assert group.first == pytest.approx(min(failed), abs=1.0)
    assert group.last == pytest.approx(max(failed), abs=1.0)
    data = group.rate.to_data()
    width = data["width_s"]
    assert {int(at): count for at, count in data["counts"].items()} == Counter(int(at // width) for at in failed)


@pytest.mark.parametrize("seed", range(40))
def test_a_problem_keeps_its_times_in_any_notation(seed: int, tmp_path: Path) -> None:
    order = random.Random(seed)
    notation, hours = NOTATIONS[seed % len(NOTATIONS)], order.choice(HOURS)
    moments, failed = drawn(order)
    text = order.choice(UNTIMED)(written("shop", notation, hours, moments, failed))
    (group,) = read(tmp_path / "input", text.encode()).summary.groups.values()
    holds(group, failed)


@pytest.mark.parametrize("seed", range(16))
def test_two_programs_of_different_zones_keep_theirs(seed: int, tmp_path: Path) -> None:
    order = random.Random(seed)
    zoned = [one for one in NOTATIONS if "%z" in one]
    moments, failed = drawn(order)
    lines: Timed = []
    told = {}
    for name, hours in zip(("shop", "bank"), order.sample(HOURS, 2), strict=True):
        own = failed if name == "shop" else {float(at) for at in order.sample(moments, 3)}
        told[f"/app/{name}.py"] = own
        program = written(name, order.choice(zoned), hours, moments, own)
        lines += [(at, f"{name}-1  | {line}") for at, line in program]
    lines.sort(key=lambda one: one[0])
    groups = list(read(tmp_path / "input", plain(lines).encode()).summary.groups.values())
    assert len(groups) == 2
    for group in groups:
        assert group.culprit is not None
        holds(group, told[group.culprit.file])


@pytest.mark.parametrize("clock", CLOCKS)
@pytest.mark.parametrize("seed", range(3))
def test_a_clock_without_a_date_is_no_moment_and_turns_no_log_at_midnight(
    seed: int, clock: str, tmp_path: Path
) -> None:
    order = random.Random(seed)
    moments, failed = drawn(order)
    night = datetime(2026, 11, 22, 22, 0, tzinfo=UTC).timestamp() - BEGIN
    lines = written("shop", clock, 0, [at + night for at in moments], {at + night for at in failed})
    found = read(tmp_path / "input", plain(lines).encode())
    (group,) = found.summary.groups.values()
    assert (group.count, group.first, "turned" in found.way) == (len(failed), None, False)
    # What is round its lines knows the day.
    carrier = order.choice([name for name in sorted(TIMED) if "newest" not in name and "backward" not in name])
    (group,) = read(tmp_path / "carried", TIMED[carrier](lines).encode()).summary.groups.values()
    assert group.first == pytest.approx(min(failed) + night, abs=1.5), carrier
    assert group.last == pytest.approx(max(failed) + night, abs=1.5), carrier
