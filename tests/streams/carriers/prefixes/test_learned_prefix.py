"""Whatever somebody puts before every line, it is learned from the lines themselves, and the answer stays the same."""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forge_doctor.logs.collect import Task, collect
from forge_doctor.streams.sources.files import FileSource
from tests.support.log_reading import RULES, SAMPLES, place, read_scanned

LOGS = ("lazy_default_311.raw.log", "psycopg_311.raw.log", "healthy_312.raw.log", "pgb_312.raw.log")
BEGIN = datetime(2026, 11, 22, 8, 0, tzinfo=UTC).timestamp()
TIMES = (
    "%Y-%m-%dT%H:%M:%S.%fZ",
    "%Y-%m-%d %H:%M:%S",
    "%Y/%m/%d %H:%M:%S",
    "%b %d %H:%M:%S",
    "%d/%b/%Y:%H:%M:%S +0000",
    "%H:%M:%S",
    "%b %d, %Y, %I:%M:%S %p",
    "%d.%m.%Y %H:%M:%S",
)
COLOURS = ("", "\x1b[36m", "\x1b[1;92m")
word = st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=1, max_size=8).filter(lambda one: one[0].isalpha())
name = st.lists(word, min_size=1, max_size=3).map("-".join)
bracketed = st.tuples(name, st.sampled_from(["[{}]", "<{}>", "({})", "{{app={}}}", "{}:"])).map(
    lambda pair: pair[1].format(pair[0])
)
piece = st.one_of(
    name.map(lambda text: (text, False)),
    bracketed.map(lambda text: (text, False)),
    st.sampled_from(TIMES).map(lambda form: (form, True)),
    st.sampled_from(["|", "-", "#", ">", "::"]).map(lambda sign: (sign, False)),
)


@st.composite
def prefixes(draw: st.DrawFn) -> Callable[[float], str]:
    """A prefix: some pieces with blanks or a tab between them, one of them coloured perhaps."""
    pieces = draw(st.lists(piece, min_size=1, max_size=5).filter(lambda ones: sum(timed for _, timed in ones) <= 1))
    blank = draw(st.sampled_from([" ", "\t", "  "]))
    colour = draw(st.sampled_from(COLOURS))
    ends = draw(st.sampled_from([" ", " | ", ": ", "\t"]))

    def prefix(at: float) -> str:
        moment = datetime.fromtimestamp(at, UTC)
        text = blank.join(moment.strftime(form) if timed else form for form, timed in pieces)
        return f"{colour}{text}\x1b[0m{ends}" if colour else text + ends

    return prefix


def answer(data: bytes) -> list[tuple[str, str | None, int]]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "input"
        path.write_bytes(data)
        found = collect(Task(source=FileSource(name="shop", paths=(path,)), rules=RULES))
    assert found.problem == ""
    return _told(found.summary.groups.values())


def _told(groups: object) -> list[tuple[str, str | None, int]]:
    return sorted(((one.signature or one.exception, place(one), one.count) for one in groups), key=str)  # type: ignore[attr-defined]


@functools.cache
def plain(log: str) -> list[tuple[str, str | None, int]]:
    return _told(read_scanned((SAMPLES / log).read_bytes(), "shop").groups.values())


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(log=st.sampled_from(LOGS), prefix=prefixes())
def test_a_prefix_nobody_has_seen_changes_nothing(log: str, prefix: Callable[[float], str]) -> None:
    lines = (SAMPLES / log).read_text().splitlines()
    data = "".join(f"{prefix(BEGIN + n / 10)}{line}\n" for n, line in enumerate(lines))
    assert answer(data.encode()) == plain(log)


PYTEST = """\
=================================== FAILURES ===================================
________________________________ test_checkpoints ______________________________
tests/test_saver.py:88: in test_checkpoints
    rows = [row async for row in saver.rows(config)]
src/saver/store.py:241: in rows
    result = await conn.execute(text(query), args)
/opt/py/lib/python3.12/site-packages/sqlalchemy/ext/asyncio/engine.py:658: in execute
    result = await greenlet_spawn(
E   sqlalchemy.exc.ProgrammingError: (psycopg.errors.UndefinedTable) relation "checkpoints" does not exist
=========================== short test summary info ============================
FAILED tests/test_saver.py::test_checkpoints - sqlalchemy.exc.ProgrammingError
"""


@pytest.mark.parametrize("prefix", ['Step #3 - "Run integration tests": ', "ci-42 | ", "[test] ", "runner  build/7 > "])
def test_pytests_short_style_shows_a_prefix_without_any_frame_of_python(tmp_path: Path, prefix: str) -> None:
    log = "".join(prefix + line for line in PYTEST.splitlines(keepends=True))
    path = tmp_path / "build.log"
    path.write_text(log)
    found = collect(Task(source=FileSource(name="build", paths=(path,)), rules=RULES))
    (group,) = found.summary.groups.values()
    assert (group.signature, group.count) == ("undefined-table", 1)
    assert group.culprit is not None
    assert (group.culprit.file, group.culprit.line) == ("src/saver/store.py", 241)


def test_a_prefix_whose_level_changes_within_a_traceback_is_taken_off_all_of_its_lines(tmp_path: Path) -> None:
    lines = [
        "info [2026-11-22 08:00:00,007: ERROR/ForkPoolWorker-3] Task shop.total[e57f6154] raised unexpected: InterfaceError()",
        "info Traceback (most recent call last):",
        'info   File "/app/shop/views.py", line 14, in total',
        "info     order = Order.get(id)",
        'info   File "/opt/venv/lib/python3.12/site-packages/psycopg2/extras.py", line 236, in execute',
        "info     return super().execute(query, vars)",
        "error psycopg2.OperationalError: SSL SYSCALL error: EOF detected",
    ]
    path = tmp_path / "app.log"
    path.write_text("".join(f"Nov 22 08:00:00 shop app[worker] {line}\n" for line in lines))
    groups = collect(Task(source=FileSource(name="shop", paths=(path,)), rules=RULES)).summary.groups.values()
    assert [(one.signature, place(one), one.count) for one in groups] == [
        ("libpq-ssl-eof", "/app/shop/views.py:14 total", 1)
    ]


def test_a_traceback_logged_line_by_line_beside_other_records_costs_none_of_them_its_level(tmp_path: Path) -> None:
    trace = [
        "Traceback (most recent call last):",
        '  File "/app/shop/{}.py", line 14, in total',
        "    order = Order.get(id)",
        '  File "/opt/venv/lib/python3.12/site-packages/psycopg2/extras.py", line 236, in execute',
        "    return super().execute(query, vars)",
        "psycopg2.OperationalError: SSL SYSCALL error: EOF detected",
    ]
    stamp = "[2026-11-22 08:00:00,007: "
    lines = [f"{stamp}INFO/MainProcess] Task shop.total received"]
    for line in trace:
        lines += [f"{stamp}WARNING/ForkPoolWorker-{n}] {line.format(name)}" for n, name in ((1, "views"), (2, "jobs"))]
    lines += [f"{stamp}ERROR/ForkPoolWorker-{n}] nothing is left to sell" for n in (1, 2)]
    path = tmp_path / "app.log"
    path.write_text("\n".join(lines) + "\n")
    groups = collect(Task(source=FileSource(name="shop", paths=(path,)), rules=RULES)).summary.groups.values()
    found = [(one.signature, place(one), one.message, one.count) for one in groups]
    assert sorted(found, key=str) == [
        ("", None, "nothing is left to sell", 2),
        ("libpq-ssl-eof", "/app/shop/jobs.py:14 total", "SSL SYSCALL error: EOF detected", 1),
        ("libpq-ssl-eof", "/app/shop/views.py:14 total", "SSL SYSCALL error: EOF detected", 1),
    ]
