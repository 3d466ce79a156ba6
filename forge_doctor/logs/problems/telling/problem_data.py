"""A problem as machine-readable data: the `problems` of the JSON format."""

from __future__ import annotations

from typing import Any

from forge_doctor.logs.problems.group import Group
from forge_doctor.logs.problems.problem import Problem, group_reason, sources
from forge_doctor.streams.times.clock import iso


def problem_data(problem: Problem, example: bool = False) -> dict[str, Any]:
    """Everything known of the problem; one whole event only with `example`."""
    group, signature = problem.group, problem.signature
    place = group.culprit
    named = {"file": place.file, "line": place.line, "function": place.function or None} if place else None
    return {
        "signature": group.signature or group.exception or "error-line",
        "count": group.count,
        "culprit": named,
        "culprit_unsure": group.unsure,
        "code": group.code or None,
        "endpoint": group.endpoint or None,
        "first": iso(group.first),
        "last": iso(group.last),
        "sources": sources(group),
        "severity": problem.severity.label,
        "confidence": problem.confidence.label,
        "category": signature.category if signature else None,
        "origin": group.origin,
        "routes": sorted(group.routes),
        "failed_requests": dict(sorted(group.routes.items())),
        "ended_starts": problem.ended,
        "workers": sorted(group.workers),
        "exceptions": sorted(group.exceptions),
        "names": sorted(group.details),
        "statements": sorted(group.statements),
        "numbers": {label: sorted(numbers) for label, numbers in sorted(group.numbers.items())},
        "lower_bound": bool(signature and signature.tells.startswith("a lower bound")),
        "note": signature.tells or None if signature else None,
        "grouped_by": group_reason(group),
        "because": [{"signature": cause.signature, "explained": cause.explained} for cause in problem.causes],
        "after": list(problem.after),
        "meaning": signature.meaning if signature else None,
        "cause": signature.cause if signature else None,
        "fix": signature.fix if signature else None,
        "doc": signature.doc if signature else None,
        "rules": list(signature.rules) if signature else [],
        "checks": list(signature.checks) if signature else [],
        "rate": group.rate.to_data(),
        "message": group.message,
        "example": group.example if example else "",
    }


def moment_data(group: Group) -> dict[str, Any]:
    """When it began."""
    return {"first": iso(group.first), "signature": group.signature, "count": group.count}
