"""JUnit XML for CI: a suite a report; what did not run is never a pass.

A finding that makes the command fail is a `failure`; a lesser one is a passed case that says so
in `system-out`. A check that could not look is `skipped`, one that crashed an `error`. A check
that was chosen and found nothing is a passed case, unless nothing at all was inspected.
"""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from forge_doctor.finding import Finding, NotRun
from forge_doctor.render import RenderOptions
from forge_doctor.render.digest import answers, evidence_text, fails, is_file
from forge_doctor.render.printable import printable, printable_line
from forge_doctor.report import Report


def render(reports: Sequence[Report], options: RenderOptions) -> str:
    """The document with its declaration."""
    root = Element("testsuites", name="forge-doctor")
    for report in reports:
        _suite(root, report, options)
    _count(root)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _suite(root: Element, report: Report, options: RenderOptions) -> None:
    suite = SubElement(root, "testsuite", name=printable_line(f"{report.command} {report.subject}"))
    properties = SubElement(suite, "properties")
    for what, count in report.inspected.items():
        SubElement(properties, "property", name=printable_line(f"inspected {what}"), value=str(count))
    for found in report.findings:
        _finding(suite, report, found, fails(found, options.fail_on, options.fail_confidence))
    for one in report.not_run:
        _not_run(suite, report, one)
    _rest(suite, report)
    said = [text for text in (report.headline, *answers([report])) if text]
    if said:
        SubElement(suite, "system-out").text = "\n".join(map(printable_line, said))
    _count(suite)


def _rest(suite: Element, report: Report) -> None:
    """Cases for the checks that found nothing; where nothing was inspected, one that says so."""
    if not any(report.inspected.values()):
        case = _case(suite, report, "inspection", report.subject)
        SubElement(case, "skipped", message="nothing was inspected")
        return
    told = {found.check for found in report.findings} | {one.check for one in report.not_run}
    for check, rule in report.rules.items():
        if check not in told:
            _case(suite, report, check, rule.summary)
    if not (told or report.rules):
        _case(suite, report, "inspection", report.subject)


def _finding(suite: Element, report: Report, found: Finding, failed: bool) -> None:
    case = _case(suite, report, found.check, str(found.location))
    if is_file(found.location):
        case.set("file", printable_line(found.location.target))
        if found.location.line is not None:
            case.set("line", str(found.location.line))
    lines = [
        f"{found.severity.label}, {found.confidence.label} confidence: {found.message}",
        *(evidence_text(one) for one in found.evidence),
    ]
    # What a stranger chose stays on the line it is told on: one that began with `::` would command a CI.
    remedy = ["", printable(found.remedy)] if found.remedy else []
    text = "\n".join([*map(printable_line, lines), *remedy])
    if failed:
        failure = SubElement(case, "failure", message=printable_line(found.message), type=found.severity.label)
        failure.text = text
    else:
        SubElement(case, "system-out").text = text


def _not_run(suite: Element, report: Report, one: NotRun) -> None:
    case = _case(suite, report, one.check, report.subject)
    outcome = SubElement(case, "error" if one.crashed else "skipped", message=printable_line(one.reason))
    if one.crashed:
        outcome.set("type", "crashed")
    outcome.text = printable(one.remedy)


def _case(suite: Element, report: Report, check: str, name: str) -> Element:
    classname = printable_line(f"forge-doctor.{report.command}.{check}")
    return SubElement(suite, "testcase", classname=classname, name=printable_line(f"{check}: {name}"), time="0")


def _count(element: Element) -> None:
    cases = list(element.iter("testcase"))
    element.set("tests", str(len(cases)))
    for outcome, plural in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
        element.set(plural, str(sum(case.find(outcome) is not None for case in cases)))
