"""What grep shows of a log, lines found and their neighbours, is read as the log."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.streams.carriers.test_carriers import answer, read

TRACE = (
    "Traceback (most recent call last):",
    '  File "/app/shop/store.py", line 17, in keep',
    "    session.commit()",
    "sqlite3.OperationalError: database is locked",
)
RECORD = ("2026-11-22 08:00:00,123 ERROR [shop] not saved", *TRACE)
AFTER = "2026-11-22 08:00:01,123 INFO [shop] saved"


def shown(lines: tuple[str, ...], first: int, name: str = "") -> str:
    def line(number: int, text: str) -> str:
        sign = ":" if "ERROR" in text or ("Traceback" in text and "ERROR" not in "".join(lines)) else "-"
        return f"{name}{sign if name else ''}{number}{sign}{text}\n"

    return "".join(line(number, text) for number, text in enumerate(lines, first))


WAYS: dict[str, Callable[[], str]] = {
    "numbers": lambda: shown((*RECORD, AFTER), 12),
    "a-traceback-alone": lambda: shown(TRACE, 99),
    "with-the-file": lambda: shown((*RECORD, AFTER), 12, "/var/log/shop-1.log"),
}


@pytest.mark.parametrize("way", WAYS)
def test_lines_with_their_neighbours_are_read(way: str, tmp_path: Path) -> None:
    found = read(tmp_path / "input", WAYS[way]().encode())
    assert answer(found.summary.groups.values()) == [("sqlite-locked", "/app/shop/store.py:17 keep", 1)]
    assert found.problem == ""


def test_each_place_that_was_found_counts(tmp_path: Path) -> None:
    text = "--\n".join(shown(RECORD, 100 * number) for number in range(4))
    found = read(tmp_path / "input", text.encode())
    assert answer(found.summary.groups.values()) == [("sqlite-locked", "/app/shop/store.py:17 keep", 4)]


def test_dates_are_no_numbers_of_lines(tmp_path: Path) -> None:
    lines = [f"2026-11-{day:02d} 08:00:00 INFO up" for day in range(1, 20)]
    text = "\n".join([*lines, "2026-11-20 08:00:00 ERROR not saved", *TRACE, ""])
    groups = list(read(tmp_path / "input", text.encode()).summary.groups.values())
    assert answer(groups) == [("sqlite-locked", "/app/shop/store.py:17 keep", 1)]
    assert groups[0].first == 1795161600.0
