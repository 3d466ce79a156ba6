"""Runs checks, sorts what they say, and turns it into an exit code."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from forge_doctor.check import Check, P, RuleInfo
from forge_doctor.dataclass import dataclass, field, replace
from forge_doctor.finding import Confidence, Finding, NotRun, Severity

if TYPE_CHECKING:
    from forge_doctor.diagnosis import Diagnosis
    from forge_doctor.picture import Picture

T = TypeVar("T")
EXIT_CLEAN, EXIT_FINDINGS, EXIT_USAGE, EXIT_CANNOT_INSPECT = 0, 1, 2, 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Facts in rows, for people: every row has as many cells as there are columns.

    Numbers are right-aligned by renderers; `note` says what the table rests on; a `leading` one
    is wanted before the findings.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str | int | float | None, ...], ...]
    note: str = ""
    leading: bool = False


class Measurement(NamedTuple):
    """One number for a time series: the unit, where it has one, is the last word of its name."""

    name: str
    meaning: str
    value: float
    labels: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What one examination of one subject gave.

    `inspected` counts what was looked at (`{"sessions": 37}`); `verdict` is the slice's own
    answer: what is worst and, on a second line, what to do; of a healthy subject, what was checked; `data` is the slice's own
    machine-readable part, shown by the JSON format under its key; `rules` tells of each check that
    was chosen, by its id, for the formats that carry them (`OutputFormat.carries_rules`);
    `measurements` are numbers of the subject itself, whatever was found; `pictures` what can be drawn of it; `diagnoses`
    are the causes of a triage, gravest first, each of which is among the findings as well.
    """

    command: str
    subject: str
    findings: tuple[Finding, ...] = ()
    not_run: tuple[NotRun, ...] = ()
    inspected: Mapping[str, int] = field(default_factory=dict)
    headline: str = ""
    verdict: str = ""
    tables: tuple[Table, ...] = ()
    data: Mapping[str, Any] = field(default_factory=dict)
    rules: Mapping[str, RuleInfo] = field(default_factory=dict)
    measurements: tuple[Measurement, ...] = ()
    diagnoses: tuple[Diagnosis, ...] = ()
    pictures: tuple[Picture, ...] = ()

    def at_least(self, confidence: Confidence) -> Report:
        """The same report with only the findings at or above `confidence`."""
        kept = tuple(found for found in self.findings if found.confidence >= confidence)
        return replace(self, findings=kept)

    def judged_by(self, severities: Mapping[str, Severity]) -> Report:
        """The same report with the findings of these checks as grave as the user says, worst first as before."""
        if not severities:
            return self
        told = (replace(one, severity=severities.get(one.check, one.severity)) for one in self.findings)
        return replace(self, findings=tuple(sorted(told, key=lambda one: one.rank)))

    @property
    def worst(self) -> Severity | None:
        """The gravest severity found, or None."""
        return max((found.severity for found in self.findings), default=None)


def attempted(run: Callable[[], T]) -> T | Exception:
    """What it comes to, or what it broke off with: for what others go on without, and the report then tells of."""
    try:
        return run()
    except Exception as error:
        return error


def run_check(check: Check[P], *args: P.args, **kwargs: P.kwargs) -> tuple[Finding | NotRun, ...]:
    """What one check says; a crash of it becomes a `NotRun`, and the other checks go on."""
    said = attempted(lambda: tuple(replace(told, check=told.check or check.id) for told in check.run(*args, **kwargs)))
    if isinstance(said, Exception):
        return (NotRun(check=check.id, reason=f"crashed: {type(said).__name__}: {said}", crashed=True),)
    return said


def sort_outcomes(
    outcomes: Iterable[Finding | NotRun],
) -> tuple[tuple[Finding, ...], tuple[NotRun, ...]]:
    """Findings worst first, and what did not run by check."""
    told = tuple(outcomes)
    findings = sorted((one for one in told if isinstance(one, Finding)), key=lambda one: one.rank)
    not_run = sorted((one for one in told if isinstance(one, NotRun)), key=lambda one: one.check)
    return tuple(findings), tuple(not_run)


def exit_code(
    reports: Iterable[Report],
    fail_on: Severity | None = Severity.ERROR,
    fail_confidence: Confidence = Confidence.MEDIUM,
) -> int:
    """0 clean, 1 findings at or above `fail_on` (None: never), 3 something could not be inspected.

    Findings win over 3, so that a known fault is never hidden by an unknown one.
    """
    told = tuple(reports)
    if fail_on is not None and any(
        found.severity >= fail_on and found.confidence >= fail_confidence
        for report in told
        for found in report.findings
    ):
        return EXIT_FINDINGS
    return EXIT_CANNOT_INSPECT if any(report.not_run for report in told) else EXIT_CLEAN
