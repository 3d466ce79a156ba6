from __future__ import annotations

import importlib.resources
import json
from typing import Any

import pytest
from hypothesis import given
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from forge_doctor import __version__
from forge_doctor.finding import Edit, Evidence, Location, Severity
from forge_doctor.render import OutputFormat, RenderOptions, render
from forge_doctor.report import Report
from tests.render.safety import acting_characters
from tests.render.strategies import QUICK, REPORTS
from tests.support.reports import SUBJECT, blind, clean, finding, incident, report

SCHEMA = json.loads(importlib.resources.files("forge_doctor.render").joinpath("schema.json").read_text("utf-8"))
VALIDATOR = Draft202012Validator(SCHEMA)


def read(*reports: Report) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(render(reports, OutputFormat.JSON, RenderOptions()))
    VALIDATOR.validate(document)
    return document


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


def test_the_incident_is_mapped_field_by_field() -> None:
    document = read(incident())
    assert document["schema"] == "forge-doctor/2"
    assert document["tool"] == {"name": "forge-doctor", "version": __version__}
    assert document["command"] == "pool"
    assert document["summary"] == {"critical": 2, "error": 0, "warning": 1, "info": 1}
    assert document["inspected"] == {"sessions": 37, "processes": 4}
    assert document["sizing"] == {"pool_size": 5, "max_overflow": 2}
    leak = document["findings"][1]
    assert leak["location"] == {
        "target": "pid 4211 gunicorn shop.main:app",
        "line": None,
        "column": None,
        "end_line": None,
        "end_column": None,
    }
    assert leak["evidence"][2] == {"label": "oldest", "value": 243.68, "unit": "s", "source": "now() - xact_start"}
    assert leak["related"][0]["location"]["line"] == 41
    assert leak["subject"] == SUBJECT
    assert document["not_run"][0]["remedy"] == "GRANT pg_monitor TO app;"
    assert document["not_run"][-1]["crashed"] is True
    (section,) = document["sections"]
    assert section["tables"][0]["rows"][3] == ["psql anna@10.0.4.17", 1, 0, 0, None]


def test_findings_are_worst_first_over_all_subjects() -> None:
    mild, grave = finding(severity=Severity.INFO), finding(severity=Severity.CRITICAL)
    document = read(report(mild, subject="a"), report(grave, subject="b"))
    assert [(one["severity"], one["subject"]) for one in document["findings"]] == [("critical", "b"), ("info", "a")]
    assert document["inspected"]["sessions"] == 74


def test_data_of_several_subjects_are_joined_or_told_apart() -> None:
    document = read(
        report(subject="a", data={"locks": [1], "sizing": {"pool_size": 5}}),
        report(subject="b", data={"locks": [2, 3]}),
        report(subject="a", data={"sizing": {"pool_size": 9}}),
    )
    assert document["locks"] == [1, 2, 3]
    assert document["sizing"] == {"a": {"pool_size": 5}, "a #2": {"pool_size": 9}}


def test_data_may_not_take_a_key_of_ours() -> None:
    with pytest.raises(ValueError, match="findings"):
        read(report(data={"findings": []}))


def test_what_is_no_number_is_null() -> None:
    values = (float("nan"), float("inf"), -float("inf"), 1.5)
    found = finding(evidence=tuple(Evidence(label="x", value=value) for value in values))
    assert [one["value"] for one in read(report(found))["findings"][0]["evidence"]] == [None, None, None, 1.5]


def test_half_of_a_surrogate_pair_is_replaced_for_parsers_stricter_than_ours() -> None:
    document = read(report(finding(message="cmd \udc80"), data={"\ud800": "\ud800"}))
    assert document["findings"][0]["message"] == "cmd \ufffd"
    assert document["\ufffd"] == "\ufffd"


def test_edits_are_told() -> None:
    where = Location(target="a.py", line=1, column=2, end_line=1, end_column=4)
    found = finding(edits=(Edit(location=where, replacement="x", safe=False),))
    (edit,) = read(report(found))["findings"][0]["edits"]
    assert (edit["replacement"], edit["safe"], edit["location"]["end_column"]) == ("x", False, 4)


def test_clean_blind_and_empty_reports_are_valid() -> None:
    assert read(clean())["not_run"] == []
    assert len(read(blind())["not_run"]) == 2
    assert read()["sections"] == []


def test_a_key_the_schema_does_not_know_is_refused_but_at_top_level() -> None:
    document = read(incident())
    VALIDATOR.validate(document | {"anything": 1})
    document["findings"][0]["anything"] = 1
    with pytest.raises(ValidationError):
        VALIDATOR.validate(document)


@QUICK
@given(REPORTS)
def test_any_characters_give_a_valid_document_that_does_nothing_to_a_terminal(reports: list[Report]) -> None:
    text = render(reports, OutputFormat.JSON, RenderOptions())
    VALIDATOR.validate(json.loads(text, parse_constant=pytest.fail))
    assert acting_characters(text) == set()
