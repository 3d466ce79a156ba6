"""Which logs are turned, as their newest records come first, and what of them keeps its order."""

from __future__ import annotations

from pathlib import Path

import pytest

from forge_doctor.streams.carriers.copied.turned import falls
from tests.streams.carriers.test_carriers import read

TRACE = (
    "ERROR shop failed",
    "Traceback (most recent call last):",
    'File "/app/shop/orders.py", line 7, in place',
    "session.execute(query)",
    "asyncpg.exceptions.DeadlockDetectedError: deadlock detected",
)


@pytest.mark.parametrize(
    ("times", "turned"),
    [
        ([9.0, 5.0], True),
        ([9.0, 8.7], False),
        ([9.0, 8.0, 7.0], True),
        ([5.0, 9.0, 8.0, 10.0], False),
        ([9.0, None, 5.0, 6.0, 4.0, 3.0, 2.0, 1.0], True),
        ([1.0, 2.0], False),
        ([], False),
    ],
)
def test_falling_times_are_told_from_a_clock_that_steps_back(times: list[float | None], turned: bool) -> None:
    assert falls(times) is turned


@pytest.mark.parametrize("forward", [True, False])
def test_lines_of_one_moment_are_read_in_their_order_whichever_the_moments_have(forward: bool, tmp_path: Path) -> None:
    lines = TRACE if forward else TRACE[::-1]
    rows = [f"| 2026-05-10 09:00:{second:02}.500 | {line} |" for second in (41, 9) for line in lines]
    text = "\n".join(["| ts | message |", "|---|---|", *rows]) + "\n"
    (group,) = read(tmp_path / "app.log", text.encode()).summary.groups.values()
    assert (group.signature, group.count, group.culprit and group.culprit.line) == ("deadlock", 2, 7)
