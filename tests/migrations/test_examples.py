"""The examples in the manuals of the checks: the bad one is found, the good one is not, by any check of the same kind."""

from __future__ import annotations

from pathlib import Path

import pytest

from forge_doctor.check import Check, load
from forge_doctor.finding import Confidence
from forge_doctor.migrations import checks
from tests.support.migration_cases import examine, examples, report_of, write_tree

CHECKS = [one for one in load(checks) if "op." in examples(one.manual)[0]]


@pytest.mark.parametrize("check", CHECKS, ids=lambda one: one.id)
def test_the_bad_example_is_found_and_the_good_one_is_not(check: Check[...], tmp_path: Path) -> None:
    bad, good = examples(check.manual)
    found = examine(check.id, bad, tmp_path / "bad")
    assert found, f"{check.id}: its bad example is not found"
    assert all(one.remedy and one.severity == check.severity for one in found)
    assert examine(check.id, good, tmp_path / "good") == ()


@pytest.mark.parametrize("check", CHECKS, ids=lambda one: one.id)
def test_the_good_example_has_no_other_grave_fault(check: Check[...], tmp_path: Path) -> None:
    _, good = examples(check.manual)
    report = report_of(write_tree(tmp_path, good))
    grave = [one for one in report.findings if one.confidence is Confidence.HIGH and one.severity.label == "critical"]
    assert grave == []
