"""Findings as plain JSON values and back."""

from __future__ import annotations

from typing import Any

from forge_doctor.finding import CodeContext, Confidence, Edit, Evidence, Finding, Location, Related, Severity


def plain_finding(one: Finding) -> dict[str, Any]:
    """A finding as JSON can hold it."""
    return {
        "check": one.check,
        "severity": int(one.severity),
        "confidence": int(one.confidence),
        "message": one.message,
        "location": _plain_location(one.location),
        "evidence": [[fact.label, fact.value, fact.unit, fact.source] for fact in one.evidence],
        "remedy": one.remedy,
        "related": [[near.message, _plain_location(near.location), near.check] for near in one.related],
        "edits": [[_plain_location(edit.location), edit.replacement, edit.safe] for edit in one.edits],
        "code": None if one.code is None else _plain_code(one.code),
    }


def _plain_code(code: CodeContext) -> list[Any]:
    return [code.function, code.line, code.end_line, list(code.models), list(code.tables), list(code.does)]


def _code(plain: list[Any]) -> CodeContext:
    function, line, end_line, models, tables, does = plain
    return CodeContext(
        function=function, line=line, end_line=end_line, models=tuple(models), tables=tuple(tables), does=tuple(does)
    )


def finding_from(plain: dict[str, Any]) -> Finding:
    """The finding again."""
    return Finding(
        check=plain["check"],
        severity=Severity(plain["severity"]),
        confidence=Confidence(plain["confidence"]),
        message=plain["message"],
        location=_place(plain["location"]),
        evidence=tuple(
            Evidence(label=label, value=value, unit=unit, source=source)
            for label, value, unit, source in plain["evidence"]
        ),
        remedy=plain["remedy"],
        related=tuple(
            Related(message=message, location=_location(location), check=check)
            for message, location, check in plain["related"]
        ),
        edits=tuple(
            Edit(location=_place(location), replacement=text, safe=safe) for location, text, safe in plain["edits"]
        ),
        code=None if plain["code"] is None else _code(plain["code"]),
    )


def _plain_location(location: Location | None) -> list[Any] | None:
    if location is None:
        return None
    return [location.target, location.line, location.column, location.end_line, location.end_column]


def _location(plain: list[Any] | None) -> Location | None:
    return None if plain is None else _place(plain)


def _place(plain: list[Any]) -> Location:
    target, line, column, end_line, end_column = plain
    return Location(target=target, line=line, column=column, end_line=end_line, end_column=end_column)
