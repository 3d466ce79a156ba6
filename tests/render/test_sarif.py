from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from jsonschema import Draft7Validator
from jsonschema.exceptions import ValidationError

from forge_doctor.finding import Edit, Location, Related, Severity
from forge_doctor.render import OutputFormat, RenderOptions, render
from forge_doctor.report import Report
from tests.render.safety import acting_characters
from tests.render.strategies import QUICK, REPORTS
from tests.support.reports import SUBJECT, blind, clean, finding, incident, report

Read = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def validator(sarif_schema: dict[str, Any]) -> Draft7Validator:
    return Draft7Validator(sarif_schema)


@pytest.fixture
def read(validator: Draft7Validator) -> Read:
    """The one run of the log, validated."""

    def run(*reports: Report) -> dict[str, Any]:
        log = json.loads(render(reports, OutputFormat.SARIF, RenderOptions()))
        validator.validate(log)
        (only,) = log["runs"]
        return dict(only)

    return run


def test_the_official_schema_is_strict_enough_to_refuse(validator: Draft7Validator) -> None:
    log = json.loads(render([incident()], OutputFormat.SARIF, RenderOptions()))
    log["runs"][0]["results"][0]["levle"] = "error"
    with pytest.raises(ValidationError, match="levle"):
        validator.validate(log)


def test_a_result_points_at_its_rule_with_the_manual(read: Read) -> None:
    run = read(incident())
    rules = run["tool"]["driver"]["rules"]
    first = run["results"][0]
    rule = rules[first["ruleIndex"]]
    assert first["ruleId"] == rule["id"] == "slots-exhausted"
    assert rule["shortDescription"]["text"] == "No slot is left."
    assert "PostgreSQL refuses the next one." in rule["help"]["markdown"]
    assert "clock-skew" in [one["id"] for one in rules]


def test_severities_become_levels_worst_first(read: Read) -> None:
    levels = [one["level"] for one in read(report(*(finding(severity=one) for one in Severity)))["results"]]
    assert levels == ["error", "error", "warning", "note"]


def test_the_message_holds_fact_evidence_and_remedy(read: Read) -> None:
    parts = read(incident())["results"][1]["message"]["text"].split("\n\n")
    assert parts[0].startswith("Worker pid 4211")
    assert parts[1].splitlines()[2] == "oldest 243.7 s (now() - xact_start)"
    assert parts[2].startswith("kill -TERM 4211")


def test_a_file_is_a_physical_location_with_its_region(read: Read) -> None:
    where = Location(target="src/my shop/api.py", line=12, column=5, end_line=14, end_column=2)
    run = read(report(finding(location=where)))
    assert run["columnKind"] == "unicodeCodePoints"
    assert run["results"][0]["locations"] == [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": "src/my%20shop/api.py", "uriBaseId": "%SRCROOT%"},
                "region": {"startLine": 12, "startColumn": 5, "endLine": 14, "endColumn": 2},
            }
        }
    ]


def test_an_absolute_path_is_a_file_uri(read: Read) -> None:
    (result,) = read(report(finding(location=Location(target="/srv/api.py", line=1))))["results"]
    physical = result["locations"][0]["physicalLocation"]
    assert physical == {"artifactLocation": {"uri": "file:///srv/api.py"}, "region": {"startLine": 1}}


def test_a_whole_file_stands_at_its_first_line(read: Read) -> None:
    (result,) = read(report(finding(location=Location(target="app.log"))))["results"]
    assert result["locations"][0]["physicalLocation"]["region"] == {"startLine": 1}


def test_whole_lines_end_before_the_exclusive_end(read: Read) -> None:
    (result,) = read(report(finding(location=Location(target="a.py", line=3, end_line=6))))["results"]
    assert result["locations"][0]["physicalLocation"]["region"] == {"startLine": 3, "endLine": 5}


def test_a_session_is_a_logical_location(read: Read) -> None:
    leak = read(incident())["results"][1]
    assert leak["locations"] == [{"logicalLocations": [{"fullyQualifiedName": "pid 4211 gunicorn shop.main:app"}]}]
    related = leak["relatedLocations"][0]
    assert related["message"]["text"] == "the task opens its session here"
    assert related["physicalLocation"]["region"] == {"startLine": 41}


def test_edits_are_one_fix_file_by_file(read: Read) -> None:
    edits = (
        Edit(location=Location(target="a.py", line=1, column=3, end_line=1, end_column=3), replacement="await "),
        Edit(location=Location(target="b.py", line=9), replacement="", safe=False),
        Edit(location=Location(target="a.py", line=2, column=1, end_line=2, end_column=4), replacement="x"),
    )
    (fix,) = read(report(finding(edits=edits)))["results"][0]["fixes"]
    assert [change["artifactLocation"]["uri"] for change in fix["artifactChanges"]] == ["a.py", "b.py"]
    first, second = fix["artifactChanges"][0]["replacements"]
    assert first == {
        "deletedRegion": {"startLine": 1, "startColumn": 3, "endLine": 1, "endColumn": 3},
        "insertedContent": {"text": "await "},
    }
    assert second["insertedContent"] == {"text": "x"}
    assert fix["properties"] == {"safe": False}


def test_what_did_not_run_makes_the_invocation_a_failure(read: Read) -> None:
    (invocation,) = read(incident())["invocations"]
    assert invocation["executionSuccessful"] is False
    crash = invocation["toolExecutionNotifications"][-1]
    assert (crash["level"], crash["associatedRule"]["id"]) == ("error", "event-loop-blocked")
    assert "GRANT pg_monitor TO app;" in invocation["toolExecutionNotifications"][0]["message"]["text"]
    assert read(blind())["invocations"][0]["executionSuccessful"] is False
    assert read(report(inspected={}))["invocations"][0]["executionSuccessful"] is False
    assert read(clean())["invocations"][0]["executionSuccessful"] is True


def test_several_reports_are_one_run_and_none_is_a_valid_log(read: Read) -> None:
    run = read(report(finding()), report(finding(), subject="other"))
    assert [one["properties"]["subject"] for one in run["results"]] == [SUBJECT, "other"]
    assert len({one["partialFingerprints"]["forgeDoctor/v1"] for one in run["results"]}) == 2
    assert read()["results"] == []


def test_a_related_check_is_named(read: Read) -> None:
    found = finding(related=(Related(message="seen with", check="leak"),))
    assert read(report(found))["results"][0]["relatedLocations"] == [{"id": 0, "message": {"text": "seen with (leak)"}}]


# The schema takes 50 ms a log: half of the examples the other formats get.
@settings(QUICK, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(REPORTS)
def test_any_characters_give_a_valid_log(validator: Draft7Validator, reports: list[Report]) -> None:
    text = render(reports, OutputFormat.SARIF, RenderOptions())
    validator.validate(json.loads(text, parse_constant=pytest.fail))
    assert acting_characters(text) == set()
