"""`missing-down-revision` looks for every parent by its whole id, and for dependencies by label too."""

from __future__ import annotations

from pathlib import Path

import pytest

from forge_doctor.finding import Confidence
from tests.support.migration_cases import report_of, write_tree


@pytest.mark.parametrize(
    ("case", "missing"),
    [
        ("# revision b002 after gone\n", ["gone"]),
        ("# revision b002 after a001, gone\n", ["gone"]),
        ("# revision b002 after a001\n", []),
        ("# revision abcdef123 after a001\n# revision b003 after abcdef\n", ["abcdef"]),
        ("# revision b002 after a001 labels core\n# revision b003 after core\n", ["core"]),
    ],
)
def test_parents_in_no_file_are_told(case: str, missing: list[str], tmp_path: Path) -> None:
    report = report_of(write_tree(tmp_path, case), "missing-down-revision")
    assert [one.message.split("'")[1] for one in report.findings] == missing


def test_a_file_that_does_not_parse_may_be_the_one_that_is_missing(tmp_path: Path) -> None:
    broken = {"migrations/versions/broken.py": "revision = 'x' +\ndown_revision = (\n"}
    report = report_of(write_tree(tmp_path, "# revision b002 after gone\n", files=broken), "missing-down-revision")
    assert [one.confidence for one in report.findings] == [Confidence.MEDIUM]
    assert any("broken.py" in one.reason for one in report.not_run)


@pytest.mark.parametrize(("needed", "missing"), [("gone", ["gone"]), ("a001", []), ("core", []), ("a0", ["a0"])])
def test_dependencies_are_looked_for_by_id_and_label(needed: str, missing: list[str], tmp_path: Path) -> None:
    case = f"# revision b002 after a001 labels core\n# revision x001\ndepends_on = {needed!r}\n"
    report = report_of(write_tree(tmp_path, case), "missing-down-revision")
    assert [one.message.split("'")[1] for one in report.findings] == missing
