"""SARIF 2.1.0 for code scanning: one run over all reports; holds no file contents.

A target that is a file becomes a physical location, any other a logical one. A check that could
not look is a notification of the invocation, which then did not succeed.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from forge_doctor import DOCUMENTATION, __version__
from forge_doctor.finding import Edit, Finding, Location, NotRun, Related, Severity
from forge_doctor.render import RenderOptions
from forge_doctor.render.digest import answers, evidence_text, inspected_totals, is_file, last_line, ranked
from forge_doctor.render.fingerprint import fingerprints
from forge_doctor.render.json import Json, plain
from forge_doctor.render.printable import encodable, escape_json, printable
from forge_doctor.render.sarif_rules import rules_of
from forge_doctor.report import Report

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS = {
    Severity.INFO: "note",
    Severity.WARNING: "warning",
    Severity.ERROR: "error",
    Severity.CRITICAL: "error",
}


def render(reports: Sequence[Report], options: RenderOptions) -> str:
    """The log file, indented by two."""
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [_run(reports, options.anchor)]}
    return escape_json(json.dumps(plain(log), indent=2, ensure_ascii=False, allow_nan=False)) + "\n"


def _run(reports: Sequence[Report], anchor: Location | None) -> Json:
    rules = rules_of(reports)
    index = {rule["id"]: at for at, rule in enumerate(rules)}
    told = ranked(reports)
    marks = fingerprints(found for _, found in told)
    run: Json = {
        "tool": {"driver": _driver(rules)},
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(reports, index)],
        "results": [
            _result(found, report, index, mark, anchor) for (report, found), mark in zip(told, marks, strict=True)
        ],
    }
    if reports:
        run["automationDetails"] = {"id": f"forge-doctor/{reports[0].command}/"}
    return run


def _driver(rules: list[Json]) -> Json:
    return {
        "name": "forge-doctor",
        "version": __version__,
        "semanticVersion": __version__,
        "informationUri": DOCUMENTATION,
        "rules": rules,
    }


def _invocation(reports: Sequence[Report], index: dict[str, int]) -> Json:
    missed = [(report, one) for report in reports for one in report.not_run]
    return {
        "executionSuccessful": not missed and any(inspected_totals(reports).values()),
        "toolExecutionNotifications": [_notification(report, one, index) for report, one in missed],
        "properties": {"inspected": dict(inspected_totals(reports)), "verdict": " ".join(answers(reports))},
    }


def _notification(report: Report, one: NotRun, index: dict[str, int]) -> Json:
    text = "\n\n".join(part for part in (f"{report.subject}: not run: {one.reason}", one.remedy) if part)
    return {
        "level": "error" if one.crashed else "warning",
        "message": {"text": printable(text)},
        "associatedRule": {"id": one.check, "index": index[one.check]},
    }


def _result(found: Finding, report: Report, index: dict[str, int], fingerprint: str, anchor: Location | None) -> Json:
    result: Json = {
        "ruleId": found.check,
        "ruleIndex": index[found.check],
        "level": LEVELS[found.severity],
        "message": {"text": _message(found)},
        "locations": [_placed(found.location, anchor)],
        # The second is the name by which code scanning knows an alert again.
        "partialFingerprints": {"forgeDoctor/v1": fingerprint, "primaryLocationLineHash": f"{fingerprint}:1"},
        "properties": {
            "severity": found.severity.label,
            "confidence": found.confidence.label,
            "subject": report.subject,
            "remedy": found.remedy,
        },
    }
    if found.related:
        result["relatedLocations"] = [_related(one, at) for at, one in enumerate(found.related)]
    fix = _fix(found.edits)
    if fix:
        result["fixes"] = [fix]
    return result


def _message(found: Finding) -> str:
    facts = "\n".join(evidence_text(one) for one in found.evidence)
    return printable("\n\n".join(part for part in (found.message, facts, found.remedy) if part))


def _related(related: Related, number: int) -> Json:
    place = _location(related.location) if related.location else {}
    text = f"{related.message} ({related.check})" if related.check else related.message
    return {"id": number, "message": {"text": printable(text)}, **place}


def _placed(location: Location, anchor: Location | None) -> Json:
    """What is no file stands at the anchor, for platforms that show nothing without a file, and keeps its name."""
    place = _location(location)
    return place if anchor is None or is_file(location) else {**_location(anchor), **place}


def _location(location: Location) -> Json:
    if not is_file(location):
        return {"logicalLocations": [{"fullyQualifiedName": str(location)}]}
    # Code scanning wants a line of everything: a whole file stands at its first.
    region = {"startLine": 1} if location.line is None else _region(location)
    return {"physicalLocation": {"artifactLocation": _artifact(location.target), "region": region}}


def _artifact(target: str) -> Json:
    path = quote(encodable(target.removeprefix("./")))
    return {"uri": f"file://{path}"} if target.startswith("/") else {"uri": path, "uriBaseId": "%SRCROOT%"}


def _region(location: Location) -> Json:
    """SARIF counts as we do: lines and columns from 1, the end column exclusive, its line inclusive."""
    end_line = location.end_line
    if end_line is not None and location.end_column is None:
        end_line = last_line(location)
    region: dict[str, Any] = {
        "startLine": location.line,
        "startColumn": location.column,
        "endLine": end_line,
        "endColumn": location.end_column,
    }
    return {name: value for name, value in region.items() if value is not None}


def _fix(edits: Sequence[Edit]) -> Json:
    """One fix of all the edits, file by file; empty where none says its line."""
    changes: dict[str, list[Json]] = {}
    for edit in edits:
        if edit.location.line is not None:
            replacement = {"deletedRegion": _region(edit.location), "insertedContent": {"text": edit.replacement}}
            changes.setdefault(edit.location.target, []).append(replacement)
    if not changes:
        return {}
    return {
        "artifactChanges": [
            {"artifactLocation": _artifact(target), "replacements": replacements}
            for target, replacements in changes.items()
        ],
        "properties": {"safe": all(edit.safe for edit in edits)},
    }
