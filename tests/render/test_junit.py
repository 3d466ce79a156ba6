from __future__ import annotations

from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from hypothesis import given

from forge_doctor.check import RuleInfo
from forge_doctor.finding import Confidence, Location, Severity
from forge_doctor.render import OutputFormat, RenderOptions, render
from forge_doctor.report import Report
from tests.render.safety import acting_characters
from tests.render.strategies import QUICK, REPORTS
from tests.support.reports import blind, clean, finding, incident, report


def read(*reports: Report, options: RenderOptions | None = None) -> Element:
    return ElementTree.fromstring(render(reports, OutputFormat.JUNIT, options or RenderOptions()).encode())


def outcomes(root: Element) -> dict[str, str]:
    return {
        case.attrib["classname"].rpartition(".")[2]: next((child.tag for child in case), "passed")
        for case in root.iter("testcase")
    }


def test_each_outcome_is_told_from_a_pass() -> None:
    told = outcomes(read(incident()))
    assert told["slots-exhausted"] == "failure"
    assert told["idle-in-transaction"] == "system-out"
    assert told["long-statements"] == "skipped"
    assert told["event-loop-blocked"] == "error"
    assert told["clock-skew"] == "passed"


def test_the_counts_are_those_of_the_cases() -> None:
    suite = read(incident(), blind())[0]
    assert {name: suite.attrib[name] for name in ("tests", "failures", "errors", "skipped")} == {
        "tests": "11",
        "failures": "2",
        "errors": "1",
        "skipped": "5",
    }
    assert read(incident(), blind()).attrib["skipped"] == "7"


def test_fail_on_decides_what_is_a_failure() -> None:
    def failures(**options: object) -> str:
        return read(incident(), options=RenderOptions(**options)).attrib["failures"]  # type: ignore[arg-type]

    assert failures(fail_on=Severity.INFO) == "4"
    assert failures(fail_on=Severity.CRITICAL, fail_confidence=Confidence.HIGH) == "1"
    assert failures(fail_on=None) == "0"


def test_a_failure_holds_evidence_and_remedy_line_by_line() -> None:
    failure = read(incident()).find(".//failure")
    assert failure is not None
    assert failure.attrib["message"].startswith("All 27 usable slots are taken")
    assert "max_connections 30 (pg_settings)" in (failure.text or "").splitlines()
    assert " WHERE state = 'idle in transaction' AND state_change < now()" in (failure.text or "")


def test_a_finding_in_a_file_names_it() -> None:
    case = read(report(finding(location=Location(target="src/api.py", line=12)))).find(".//testcase")
    assert case is not None
    assert (case.attrib["file"], case.attrib["line"]) == ("src/api.py", "12")


def test_clean_is_a_pass_and_nothing_inspected_is_not() -> None:
    assert outcomes(read(clean())) == {"inspection": "passed"}
    rules = {"a": RuleInfo("A", "A."), "b": RuleInfo("B", "B.")}
    assert outcomes(read(report(rules=rules))) == {"a": "passed", "b": "passed"}
    assert outcomes(read(report(rules=rules, inspected={}))) == {"inspection": "skipped"}


@QUICK
@given(REPORTS)
def test_any_characters_give_well_formed_xml_with_a_case_for_everything(reports: list[Report]) -> None:
    text = render(reports, OutputFormat.JUNIT, RenderOptions())
    root = ElementTree.fromstring(text.encode())
    for suite, one in zip(root.findall("testsuite"), reports, strict=True):
        assert len(suite.findall("testcase")) >= len(one.findings) + len(one.not_run)
    assert acting_characters(text) == set()
