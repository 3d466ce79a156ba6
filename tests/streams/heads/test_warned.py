"""A Python warning keeps its place whatever logs it: `py.warnings` behind any head, or a prefix taken for one."""

from __future__ import annotations

import pytest

from forge_doctor.streams.heads.line_head import Heads, read_head
from tests.support.log_reading import told

WARNING = "/app/crud.py:10: RuntimeWarning: coroutine 'AsyncSession.commit' was never awaited"
BEFORE = (
    "",
    "WARNING:py.warnings:",
    "2026-11-22 08:00:00,120 WARNING  [py.warnings] ",
    "2026-11-22 08:00:00,120 [WARNING] py.warnings: ",
    "2026-11-22 08:00:00,120 - py.warnings - WARNING - ",
    "[2026-11-22 08:00:00,120] WARNING in py.warnings: ",
    "2026-11-22T08:00:00Z\t>\t",
    "2026-11-22 08:00:00 web-7 app ",
    "22/Nov/2026:08:00:00 +0000 web-7 ",
)


@pytest.mark.parametrize("before", BEFORE)
def test_a_warning_keeps_its_place_behind_any_head(before: str) -> None:
    for head in (read_head(f"{before}{WARNING}".encode()), Heads().read(f"{before}{WARNING}".encode())):
        assert head is not None
        assert head.warned == ("/app/crud.py", 10)
    assert told(f"{before}{WARNING}\n  session.commit()\n") == [("coroutine-never-awaited", "/app/crud.py:10", 1)]


@pytest.mark.parametrize(
    "line",
    [
        "2026-11-22 08:00:00,120 INFO  [app] /app/crud.py:10: RuntimeWarning: quoted",
        "2026-11-22 08:00:00,120 ERROR [app] RuntimeWarning: without a place",
    ],
)
def test_what_only_names_one_is_none(line: str) -> None:
    head = read_head(line.encode())
    assert head is not None
    assert head.warned is None


def test_the_hint_below_a_warning_is_no_error_where_it_stands_alone() -> None:
    assert told("2026-11-22 08:00:00 RuntimeWarning: Enable tracemalloc to get the object allocation traceback\n") == []
