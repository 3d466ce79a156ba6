"""A time on a line of its own above each line, as a console shows it, is that line's."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.streams.carriers.test_carriers import answer, read

LINES = (
    "INFO:     up",
    "ERROR:    not saved",
    "Traceback (most recent call last):",
    '  File "/app/shop/store.py", line 17, in keep',
    "    session.commit()",
    "sqlite3.OperationalError: database is locked",
    "INFO:     on",
)


@pytest.mark.parametrize(
    ("heading", "hours"),
    [("2026-11-22 08:00:0{}.120 UTC", 0), ("2026-11-22 08:00:0{}.120 PST", 8), ("2026-11-22T08:00:0{}Z web stdout", 0)],
)
def test_a_heading_gives_its_line_a_time(heading: str, hours: int, tmp_path: Path) -> None:
    text = "".join(f"{heading.format(number)}\n{line}\n" for number, line in enumerate(LINES))
    groups = list(read(tmp_path / "input", text.encode()).summary.groups.values())
    assert answer(groups) == [("sqlite-locked", "/app/shop/store.py:17 keep", 1)]
    assert groups[0].first == pytest.approx(1795334401.0 + 3_600 * hours, abs=1.0)
