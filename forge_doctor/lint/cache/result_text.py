"""Results and surfaces as plain JSON values and back."""

from __future__ import annotations

from typing import Any

from forge_doctor.code.semantics.names.outline import NOTHING, Mention, Surface
from forge_doctor.finding import CodeContext, Confidence, Edit, Evidence, Finding, Location, Related, Severity
from forge_doctor.lint.cache.file_result import FileResult


def plain_surface(surface: Surface) -> list[Any]:
    """Nothing of most files."""
    mentions = [[one.by, one.name, one.offset] for one in surface.mentions]
    plain: list[Any] = [
        list(surface.async_names), list(surface.relationships), surface.makes_factory, mentions,
        list(surface.state_names), list(surface.data_access_names), list(surface.packages), list(surface.models),
        list(surface.ending_names),
    ]  # fmt: skip
    return plain if any(plain) else []


def surface_from(plain: list[Any]) -> Surface:
    """The surface again."""
    if not plain:
        return NOTHING
    names, relationships, makes_factory, mentions, state_names, data_access_names, packages, models, ending = plain
    return Surface(
        async_names=tuple(names),
        relationships=tuple(relationships),
        makes_factory=makes_factory,
        mentions=tuple(Mention(by, name, offset) for by, name, offset in mentions),
        state_names=tuple(state_names),
        data_access_names=tuple(data_access_names),
        packages=tuple(packages),
        models=tuple(models),
        ending_names=tuple(ending),
    )


def plain_result(result: FileResult) -> list[Any]:
    """Without digests."""
    return [result.path, [_plain_finding(one) for one in result.findings]]


def result_from(plain: list[Any], digests: tuple[tuple[str, str], ...]) -> FileResult:
    """The result again."""
    path, findings = plain
    return FileResult(path=path, findings=tuple(_finding(one) for one in findings), digests=digests)


def _plain_finding(one: Finding) -> dict[str, Any]:
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


def _finding(plain: dict[str, Any]) -> Finding:
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
