"""Whatever style a run of pytest shows its tracebacks in: each failure once, at its line, however long the code that is listed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.log_reading import read_scanned, read_whole
from tests.support.pytest_runs import STYLES, blamed, run


@pytest.mark.parametrize("style", STYLES)
def test_each_failure_is_told_at_its_line(style: str, tmp_path: Path) -> None:
    log = run(tmp_path, style).encode()
    for read in (read_whole, read_scanned):
        found = [group for group in read(log).groups.values() if group.signature]
        told = [(group.signature, group.culprit and group.culprit.line) for group in found for _ in range(group.count)]
        if style == "line":
            # It has one place for a failure, here the library's: no line of the tests.
            assert sorted(told) == [(name, None) for name, _ in blamed(tmp_path)]
        else:
            assert sorted(told) == blamed(tmp_path)
