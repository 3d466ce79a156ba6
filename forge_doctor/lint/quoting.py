"""Findings fit to be shown: what they quote of the code has its passwords taken out; changes nothing else."""

from __future__ import annotations

from dataclasses import replace

from forge_doctor.finding import Evidence, Finding
from forge_doctor.redaction import MASK, redact
from forge_doctor.regex import regex

CREATED = regex(r"(\bURL\.create\()[^)]*\)")


def without_secrets(finding: Finding) -> Finding:
    """The finding with no password of a URL, an argument or `URL.create(...)` in its words."""
    return replace(
        finding,
        message=_masked(finding.message),
        remedy=_masked(finding.remedy),
        evidence=tuple(_shown(one) for one in finding.evidence),
    )


def _shown(evidence: Evidence) -> Evidence:
    value = evidence.value
    return replace(evidence, value=_masked(value) if isinstance(value, str) else value)


def _masked(text: str) -> str:
    return CREATED.sub(rf"\g<1>{MASK})", redact(text))
