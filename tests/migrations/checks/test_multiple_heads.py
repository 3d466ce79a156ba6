"""`multiple-heads` tells heads that nobody meant from lines kept on purpose."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.migration_cases import report_of, write_tree

TWO = "# revision b002 after a001\n# revision b003 after a001\n"


@pytest.mark.parametrize(
    ("case", "heads"),
    [
        (TWO, {"b002", "b003"}),
        ("# revision b002 after a001\n# revision b003 after b002\n", set()),
        (TWO + "# revision b004 after b002, b003\n", set()),
        ("# revision b002 after a001 labels extra\n# revision b003 after a001\n", set()),
        ("# revision b002 after a001\n# revision x001\n", set()),
        (TWO + "# revision x001\n# revision x002 after x001\n", {"b002", "b003"}),
        (TWO + "# revision b004 after b002\n", {"b004", "b003"}),
    ],
)
def test_heads_with_a_base_in_common_and_no_label_are_told(case: str, heads: set[str], tmp_path: Path) -> None:
    report = report_of(write_tree(tmp_path, case), "multiple-heads")
    assert {one.message.split()[0] for one in report.findings} == heads
    assert all(one.location.line == 5 for one in report.findings)
