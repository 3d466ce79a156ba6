"""`revision-cycle` tells those that come after themselves, and not those that only come after these."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.migration_cases import report_of, write_tree


@pytest.mark.parametrize(
    ("case", "cycle"),
    [
        ("# revision c003 after c004\n# revision c004 after c003\n", ["c003", "c004"]),
        ("# revision c003 after c003\n", ["c003"]),
        ("# revision c003 after c004\n# revision c004 after c003\n# revision c005 after c004\n", ["c003", "c004"]),
        ("# revision b002 after a001\n", []),
    ],
)
def test_the_circle_is_told(case: str, cycle: list[str], tmp_path: Path) -> None:
    report = report_of(write_tree(tmp_path, case), "revision-cycle")
    assert sorted(one.message.split()[0] for one in report.findings) == cycle
