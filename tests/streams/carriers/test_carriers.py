"""The same log in every carrier gives the same problems, counts, culprits and times; a healthy one stays silent."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

from forge_doctor.logs.collect import Collected, Task, collect
from forge_doctor.logs.problems.group import Group
from forge_doctor.streams.heads.line_head import read_head
from forge_doctor.streams.sources.files import FileSource
from forge_doctor.streams.times.clock import parse_stamp
from tests.support.log_bytes import BYTES, TIMED_BYTES
from tests.support.log_carriers import EVERY, SEVERAL, TIMED
from tests.support.log_exports import EXPORTS, LITERALS
from tests.support.log_reading import RULES, SAMPLES, place
from tests.support.log_terminal import TERMINAL
from tests.support.log_xml import XML

LOGS = (
    "guni_timeout_311.raw.log",
    "healthy_312.raw.log",
    "lazy_default_311.raw.log",
    "lazy_json_313.raw.log",
    "pending_311.raw.log",
    "pgb_312.raw.log",
    "poolleak_310.raw.log",
    "psycopg_311.raw.log",
    "startup_refused_312.raw.log",
    "unawaited_312.raw.log",
)
# Their records are not whole: tracebacks of threads and workers stand between each other's lines.
NOT_FOLDED = ("guni_timeout_311.raw.log", "lazy_json_313.raw.log")
BEGIN = parse_stamp("2026-11-22T08:00:00Z") or 0.0


def timed(text: str) -> list[tuple[float, str]]:
    """The lines, each with the moment of its record; where the log has none, ten a second."""
    lines, at = [], BEGIN
    for line in text.splitlines():
        head = read_head(line.encode())
        # A record's own time, and a moment for each line behind it: those of one record come in order.
        at = max(head.at if head is not None and head.at is not None else 0.0, at + 0.001)
        lines.append((at, line))
    return lines


def read(path: Path, data: bytes) -> Collected:
    path.write_bytes(data)
    return collect(Task(source=FileSource(name="shop", paths=(path,)), rules=RULES))


def answer(groups: Iterable[Group]) -> list[tuple[str, str | None, int]]:
    return sorted(((one.signature or one.exception, place(one), one.count) for one in groups), key=str)


@functools.cache
def plain(name: str) -> tuple[list[tuple[str, str | None, int]], dict[str, tuple[float | None, float | None]]]:
    """What the log gives without a carrier."""
    from tests.support.log_reading import read_scanned

    groups = read_scanned((SAMPLES / name).read_bytes(), "shop").groups.values()
    return answer(groups), {one.key: (one.first, one.last) for one in groups}


TEXTS = EVERY | EXPORTS | LITERALS | XML | TERMINAL
# Lines, records, and a program that writes JSON itself.
FEW = ("lazy_default_311.raw.log", "pgb_312.raw.log", "psycopg_311.raw.log")
WRAPPED = [(name, one) for name in LOGS for one in sorted(EVERY) if name not in NOT_FOLDED or one[:6] != "folded"]
WRAPPED += [(name, one) for name in FEW for one in sorted((*EXPORTS, *LITERALS, *BYTES, *XML, *TERMINAL))]


# On Python 3.11 a few logs in every carrier, on the newest all of them.
@pytest.mark.parametrize(
    ("name", "carrier"), [one if one[0] in FEW else pytest.param(*one, marks=pytest.mark.slow) for one in WRAPPED]
)
def test_a_log_gives_the_same_in_every_carrier(name: str, carrier: str, tmp_path: Path) -> None:
    lines = timed((SAMPLES / name).read_text())
    found = read(tmp_path / "input", BYTES[carrier](lines) if carrier in BYTES else TEXTS[carrier](lines).encode())
    groups = found.summary.groups.values()
    expected, times = plain(name)
    assert answer(groups) == expected
    assert found.problem == ""
    first, last = lines[0][0], lines[-1][0]
    for group in groups:
        own_first, own_last = times[group.key]
        if own_first is not None and own_last is not None:
            assert (group.first, group.last) == (pytest.approx(own_first, abs=1.5), pytest.approx(own_last, abs=1.5))
        elif carrier in (*TIMED, *EXPORTS, *TIMED_BYTES, *XML):
            assert group.first is not None
            assert group.last is not None
            assert first - 1.5 <= group.first <= group.last <= last + 1.5


@pytest.mark.parametrize("name", ["lazy_default_311.raw.log", "psycopg_311.raw.log"])
@pytest.mark.parametrize("carrier", sorted(SEVERAL))
def test_streams_that_cut_into_each_other_are_told_apart_by_what_stands_before_their_lines(
    carrier: str, name: str, tmp_path: Path
) -> None:
    found = read(tmp_path / "input", SEVERAL[carrier](timed((SAMPLES / name).read_text())).encode())
    counts, expected = Counter[tuple[str, str | None]](), Counter[tuple[str, str | None]]()
    for one in found.summary.groups.values():
        counts[one.signature or one.exception, place(one)] += one.count
    for signature, where, count in plain(name)[0]:
        expected[signature, where] += (3 if carrier in ("process-id", "worker-name") else 2) * count
    assert counts == expected
    assert found.problem == ""


@pytest.mark.parametrize("seed", range(3))
def test_a_log_turned_is_said_to_be(seed: int, tmp_path: Path) -> None:
    lines = timed((SAMPLES / "psycopg_311.raw.log").read_text())
    carrier = ("grafana-text", "datadog-csv", "gcp-newest-first")[seed]
    assert "newest came first: turned" in read(tmp_path / "input", TIMED[carrier](lines).encode()).way
