"""The rules of a SARIF log: what code scanning shows beside an alert; says nothing of a single finding.

Source: GitHub documentation, "SARIF support for code scanning", reportingDescriptor object.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from forge_doctor.check import RuleInfo, documentation
from forge_doctor.finding import Confidence, Severity
from forge_doctor.regex import regex
from forge_doctor.render.digest import ranked
from forge_doctor.render.json import Json
from forge_doctor.report import Report

PRECISION = {Confidence.HIGH: "very-high", Confidence.MEDIUM: "medium", Confidence.LOW: "low"}
PROBLEM = {
    Severity.INFO: "recommendation",
    Severity.WARNING: "warning",
    Severity.ERROR: "error",
    Severity.CRITICAL: "error",
}
# A rule with this tag is a security alert, and code scanning asks how bad it is, as CVSS counts: high.
SECURITY_TAG, SECURITY_SEVERITY = "security", "7.5"
NOTHING_KNOWN = RuleInfo("", "")

_TITLE = r"[A-Z][\w ]{2,20}(?: \([^)\n]{1,60}\))?"
_SECTION = regex(rf"(?m)^(?P<title>{_TITLE}):(?P<rest>[^\n]*(?:\n(?!{_TITLE}:).*)*)")
_SPACE = regex(r"\s+")


def rules_of(reports: Sequence[Report]) -> list[Json]:
    """Every check that was chosen or said something, by id."""
    known = {check: about for report in reports for check, about in report.rules.items()}
    told: dict[str, list[tuple[Severity, Confidence]]] = {}
    for _, found in ranked(reports):
        told.setdefault(found.check, []).append((found.severity, found.confidence))
    for one in (one for report in reports for one in report.not_run):
        told.setdefault(one.check, [])
    return [_rule(check, known.get(check, NOTHING_KNOWN), told.get(check, ())) for check in sorted(known.keys() | told)]


def _rule(check: str, about: RuleInfo, told: Iterable[tuple[Severity, Confidence]]) -> Json:
    """Code scanning refuses a rule without descriptions: what has no manual describes itself by its name."""
    name = check.replace("-", " ").capitalize()
    summary = about.summary or name
    severities, confidences = zip(*told, strict=True) if told else ((Severity.WARNING,), (Confidence.HIGH,))
    properties: Json = {
        "tags": list(dict.fromkeys(about.tags)),
        "precision": PRECISION[max(confidences)],
        "problem.severity": PROBLEM[max(severities)],
    }
    if SECURITY_TAG in about.tags:
        properties["security-severity"] = SECURITY_SEVERITY
    return {
        "id": check,
        "name": "".join(word.capitalize() for word in check.split("-")),
        "shortDescription": {"text": _sentence(summary)},
        "fullDescription": {"text": _sentence(_reason(about.manual) or summary)},
        "help": {"text": about.manual or summary, "markdown": as_markdown(about.manual) or summary},
        "helpUri": documentation(check),
        "properties": properties,
    }


def as_markdown(manual: str) -> str:
    """A manual with its section titles in bold; its indented code is code in Markdown as well."""
    return _SECTION.sub(lambda match: f"**{match['title']}:**{match['rest']}", manual)


def _reason(manual: str) -> str:
    """What the first section says, on one line: why it matters, or what it means."""
    first = _SECTION.search(manual)
    return _SPACE.sub(" ", first["rest"]).strip() if first else ""


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."
