"""`duplicate-branch-label` compares the labels of all revisions."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.migration_cases import report_of, write_tree


@pytest.mark.parametrize(
    ("case", "labelled"),
    [
        ("# revision b002 after a001 labels core\n# revision b003 after b002 labels core\n", ["b002", "b003"]),
        ("# revision b002 after a001 labels core\n# revision b003 after b002 labels other\n", []),
        ("# revision b002 after a001 labels core\n# revision b003 after b002\n", []),
    ],
)
def test_both_owners_are_told(case: str, labelled: list[str], tmp_path: Path) -> None:
    report = report_of(write_tree(tmp_path, case), "duplicate-branch-label")
    assert sorted(Path(one.location.target).stem.partition("_")[2] for one in report.findings) == labelled
