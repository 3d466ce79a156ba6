from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from jsonschema import Draft202012Validator

from forge_doctor.finding import Location
from forge_doctor.render import OutputFormat, RenderOptions, render
from forge_doctor.report import Report
from tests.render.strategies import QUICK, REPORTS
from tests.support.reports import blind, clean, finding, incident, report

# The properties GitLab documents as required, with their types and words.
ISSUES = Draft202012Validator(
    {
        "type": "array",
        "items": {
            "type": "object",
            "required": ["description", "check_name", "fingerprint", "severity", "location"],
            "properties": {
                "description": {"type": "string"},
                "check_name": {"type": "string"},
                "fingerprint": {"type": "string", "minLength": 1},
                "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
                "location": {
                    "type": "object",
                    "required": ["path", "lines"],
                    "properties": {
                        "path": {"type": "string"},
                        "lines": {"type": "object", "required": ["begin"], "properties": {"begin": {"minimum": 1}}},
                    },
                },
            },
        },
    }
)


def issues_of(*reports: Report) -> list[dict[str, Any]]:
    issues: list[dict[str, Any]] = json.loads(render(reports, OutputFormat.GITLAB, RenderOptions()))
    ISSUES.validate(issues)
    return issues


def test_a_finding_sits_on_its_lines() -> None:
    where = Location(target="src/api.py", line=12, column=5, end_line=14, end_column=2)
    (issue,) = issues_of(report(finding(location=where)))
    assert issue["location"] == {"path": "src/api.py", "lines": {"begin": 12, "end": 14}}
    assert (issue["check_name"], issue["severity"]) == ("idle-in-transaction", "minor")


def test_the_worst_comes_first_and_what_did_not_run_last() -> None:
    issues = issues_of(incident())
    assert [issue["severity"] for issue in issues[:4]] == ["critical", "critical", "minor", "info"]
    assert len(issues) == 10
    assert issues[-1]["description"] == "not run: crashed: ZeroDivisionError: division by zero"


def test_clean_is_an_empty_list_and_blind_is_not() -> None:
    assert issues_of(clean()) == []
    assert [issue["check_name"] for issue in issues_of(blind())] == ["holders", "long-statements"]


@QUICK
@given(REPORTS)
def test_any_characters_give_issues_of_their_own(reports: list[Report]) -> None:
    issues = issues_of(*reports)
    assert len({issue["fingerprint"] for issue in issues}) == len(issues)
