"""A Nagios plugin's answer: one line with performance data, and its exit status; tells no details.

The monitoring plugins' meaning: CRITICAL (2) for errors and critical findings, WARNING (1) for
warnings, UNKNOWN (3) where a check could not look or nothing was inspected and no fault is known,
OK (0) otherwise. A known fault outranks an unknown one, as with the exit codes of the other formats.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from forge_doctor.finding import Severity
from forge_doctor.render import RenderOptions
from forge_doctor.render.digest import answers, inspected_totals, ranked, severity_counts, summary_sentence
from forge_doctor.render.printable import printable_line
from forge_doctor.report import Report

OK, WARNING, CRITICAL, UNKNOWN = range(4)
STATUS_WORDS = ("OK", "WARNING", "CRITICAL", "UNKNOWN")
THRESHOLDS = {Severity.CRITICAL: ";;0;0", Severity.ERROR: ";;0;0", Severity.WARNING: ";0;;0", Severity.INFO: ";;;0"}
LONGEST_LINE = 500


def exit_status(reports: Sequence[Report]) -> int:
    """0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN."""
    worst = max((report.worst for report in reports if report.worst is not None), default=Severity.INFO)
    if worst >= Severity.ERROR:
        return CRITICAL
    if worst is Severity.WARNING:
        return WARNING
    blind = not any(inspected_totals(reports).values()) or any(report.not_run for report in reports)
    return UNKNOWN if blind else OK


def render(reports: Sequence[Report], _options: RenderOptions) -> str:
    """`FORGE_DOCTOR_POOL CRITICAL: 2 critical; headline; worst finding | critical=2;;0;0 ...`."""
    command = reports[0].command.upper() if reports else ""
    service = "_".join(part for part in ("FORGE_DOCTOR", command) if part)
    said = [
        summary_sentence(reports),
        *(report.headline.rstrip(".") for report in reports if report.headline),
        *_worst(reports),
        *(line.rstrip(".") for line in answers(reports) if not any(report.findings for report in reports)),
    ]
    line = _safe(f"{service} {STATUS_WORDS[exit_status(reports)]}: {'; '.join(said)}")
    return f"{line} | {' '.join(_performance(reports))}\n"


def _worst(reports: Sequence[Report]) -> Iterator[str]:
    """The first thing to know: the gravest finding, else why something could not be examined."""
    for _, found in ranked(reports)[:1]:
        yield f"{found.check} {found.location}: {found.message}"
        return
    for one in [one for report in reports for one in report.not_run][:1]:
        yield f"not run: {one.check}: {one.reason}"


def _performance(reports: Sequence[Report]) -> Iterator[str]:
    for severity, count in severity_counts(reports).items():
        yield f"{severity.label}={count}{THRESHOLDS[severity]}"
    yield f"not_run={sum(len(report.not_run) for report in reports)};;;0"
    for what, count in inspected_totals(reports).items():
        yield f"{_label(what)}={count};;;0"


def _safe(text: str) -> str:
    """One line without a bar, which would begin performance data; short enough for old transports."""
    line = printable_line(text).replace("|", "/")
    return line if len(line) <= LONGEST_LINE else line[: LONGEST_LINE - 3] + "..."


def _label(name: str) -> str:
    """A label of performance data: no equals sign, quoted where it holds more than word characters."""
    bare = _safe(name).replace("=", "_") or "_"
    return bare if bare.isidentifier() else "'" + bare.replace("'", "''") + "'"
