"""The versioned JSON document, mapped by hand; `schema.json` beside this file describes it.

A slice's own data appear at top level under their keys. With one report they are shown as they
are; with several, lists are joined and everything else becomes a mapping by subject.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from forge_doctor import __version__
from forge_doctor.finding import CodeContext, Edit, Evidence, Finding, Location, NotRun, Related
from forge_doctor.render import RenderOptions
from forge_doctor.render.digest import inspected_totals, ranked, severity_counts, summary_sentence
from forge_doctor.render.printable import encodable, escape_json
from forge_doctor.report import Report, Table

SCHEMA = "forge-doctor/2"
Json = dict[str, Any]


def render(reports: Sequence[Report], _options: RenderOptions) -> str:
    """The document, indented by two, in UTF-8 that does nothing to a terminal."""
    return escape_json(json.dumps(document(reports), indent=2, ensure_ascii=False, allow_nan=False)) + "\n"


def document(reports: Sequence[Report]) -> Json:
    """The document as plain values; a report's data may not use a key of ours (ValueError)."""
    own: Json = {
        "schema": SCHEMA,
        "tool": {"name": "forge-doctor", "version": __version__},
        "command": reports[0].command if reports else "",
        "findings": [_finding(found, report.subject) for report, found in ranked(reports)],
        "not_run": [_not_run(one, report.subject) for report in reports for one in report.not_run],
        "inspected": dict(inspected_totals(reports)),
        "verdict": " ".join(part for part in (*(one.verdict for one in reports), f"{_sentence(reports)}.") if part),
        "summary": {severity.label: count for severity, count in severity_counts(reports).items()},
        "sections": [_section(report) for report in reports],
    }
    extra = merged_data(reports)
    taken = own.keys() & extra.keys()
    if taken:
        raise ValueError(f"report data may not be named {', '.join(sorted(taken))}")
    cleaned: Json = plain(own | extra)
    return cleaned


def _sentence(reports: Sequence[Report]) -> str:
    sentence = summary_sentence(reports)
    return sentence[:1].upper() + sentence[1:]


def merged_data(reports: Sequence[Report]) -> Json:
    """The reports' own data, key by key."""
    if len(reports) == 1:
        return dict(reports[0].data)
    merged: Json = {}
    for key in dict.fromkeys(key for report in reports for key in report.data):
        holders = [report for report in reports if key in report.data]
        if all(isinstance(report.data[key], list | tuple) for report in holders):
            merged[key] = [item for report in holders for item in report.data[key]]
        else:
            merged[key] = {_name(report, holders): report.data[key] for report in holders}
    return merged


def plain(value: Any) -> Any:
    """The value in what every JSON parser reads: no NaN, no infinity, no half of a surrogate pair."""
    kind = type(value)
    if kind is str:
        return encodable(value)
    if value is None or kind is int:
        return value
    if isinstance(value, Mapping):
        return {encodable(str(key)): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, bool | int) else encodable(str(value))


def _name(report: Report, holders: Sequence[Report]) -> str:
    """The subject, numbered where an earlier report has the same one."""
    namesakes = [one for one in holders if one.subject == report.subject]
    position = next(at for at, one in enumerate(namesakes) if one is report)
    return f"{report.subject} #{position + 1}" if position else report.subject


def _finding(found: Finding, subject: str) -> Json:
    return {
        "check": found.check,
        "severity": found.severity.label,
        "confidence": found.confidence.label,
        "message": found.message,
        "remedy": found.remedy,
        "location": _location(found.location),
        "evidence": [_evidence(one) for one in found.evidence],
        "related": [_related(one) for one in found.related],
        "edits": [_edit(one) for one in found.edits],
        "sessions": list(found.sessions),
        "code": None if found.code is None else _code(found.code),
        "subject": subject,
    }


def _code(code: CodeContext) -> Json:
    return {
        "function": code.function,
        "line": code.line,
        "end_line": code.end_line,
        "models": code.models,
        "tables": code.tables,
        "does": code.does,
    }


def _location(location: Location) -> Json:
    return {
        "target": location.target,
        "line": location.line,
        "column": location.column,
        "end_line": location.end_line,
        "end_column": location.end_column,
    }


def _evidence(evidence: Evidence) -> Json:
    return {"label": evidence.label, "value": evidence.value, "unit": evidence.unit, "source": evidence.source}


def _related(related: Related) -> Json:
    location = _location(related.location) if related.location else None
    return {"message": related.message, "check": related.check, "location": location}


def _edit(edit: Edit) -> Json:
    return {"location": _location(edit.location), "replacement": edit.replacement, "safe": edit.safe}


def _not_run(one: NotRun, subject: str) -> Json:
    return {
        "check": one.check,
        "reason": one.reason,
        "remedy": one.remedy,
        "crashed": one.crashed,
        "subject": subject,
    }


def _section(report: Report) -> Json:
    return {
        "subject": report.subject,
        "headline": report.headline,
        "inspected": dict(report.inspected),
        "tables": [_table(table) for table in report.tables],
    }


def _table(table: Table) -> Json:
    return {"title": table.title, "columns": table.columns, "rows": table.rows, "note": table.note}
