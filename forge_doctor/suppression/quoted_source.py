"""Findings about source, fit to be shown: what they quote of it has its secrets taken out; changes nothing else."""

from __future__ import annotations

from forge_doctor.dataclass import replace
from forge_doctor.finding import Evidence, Finding
from forge_doctor.redaction import redact_source


def without_secrets(finding: Finding) -> Finding:
    """The finding with no password of a URL, an argument or `URL.create(...)` in its words."""
    return replace(
        finding,
        message=redact_source(finding.message),
        remedy=redact_source(finding.remedy),
        evidence=tuple(_shown(one) for one in finding.evidence),
        related=tuple(replace(one, message=redact_source(one.message)) for one in finding.related),
    )


def _shown(evidence: Evidence) -> Evidence:
    value = evidence.value
    return replace(evidence, value=redact_source(value) if isinstance(value, str) else value)
