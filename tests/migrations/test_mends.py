"""What is printed to be written into a revision runs whatever a table is called."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from forge_doctor.check import Check, load
from forge_doctor.finding import Finding
from forge_doctor.migrations import checks
from forge_doctor.sql.parser import parsed
from tests.support.migration_cases import examples, report_of, write_tree

CHECKS = [one for one in load(checks) if re.search(r"\borders\b", examples(one.manual)[0])]
# A reserved word, a capital, a blank.
NAME = "Order Items"


def renamed(code: str) -> str:
    """The code with another name for the table `orders`, quoted where it stands inside of a statement."""

    def named(literal: re.Match[str]) -> str:
        if literal[1] == "orders":
            return json.dumps(NAME)
        if " " not in literal[1]:
            return literal[0]
        return json.dumps(re.sub(r"\borders\b", f'"{NAME}"', literal[1]))

    return re.sub(r'"([^"\n]*)"', named, code)


def executed(remedy: str) -> Iterator[str]:
    """The whole statements of the calls that run one."""
    for found in re.finditer(r"op\.execute\((\"(?:[^\"\\]|\\.)*\")\)", remedy):
        statement = json.loads(found[1])
        if "..." not in statement:
            yield statement


def found_with_the_name(check: Check[...], folder: Path) -> tuple[Finding, ...]:
    """What the check finds in its bad example, and the revision before it, with the other name."""
    root = write_tree(folder, examples(check.manual)[0])
    for path in root.rglob("*.py"):
        path.write_text(renamed(path.read_text(encoding="utf-8")), encoding="utf-8")
    return report_of(root, check.id).findings


@pytest.mark.parametrize("check", CHECKS, ids=lambda one: one.id)
def test_every_statement_parses(check: Check[...], tmp_path: Path) -> None:
    found = found_with_the_name(check, tmp_path)
    assert found, "the name takes the finding away"
    for one in found:
        for statement in executed(one.remedy or ""):
            assert parsed(statement)


def test_statements_are_printed_at_all(tmp_path: Path) -> None:
    found = (one for check in CHECKS for one in found_with_the_name(check, tmp_path / check.id))
    told = [statement for one in found for statement in executed(one.remedy or "")]
    assert len([one for one in told if f'"{NAME}"' in one]) > 4
