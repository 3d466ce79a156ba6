"""GitHub's workflow commands, which become annotations; a finding without a file has none to sit on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from forge_doctor.finding import Finding, Location, Severity
from forge_doctor.render import RenderOptions
from forge_doctor.render.digest import (
    Unexamined,
    answers,
    counted,
    evidence_text,
    group_unexamined,
    is_file,
    last_line,
    ranked,
    summary_sentence,
)
from forge_doctor.render.printable import printable, printable_line
from forge_doctor.report import Report

COMMANDS = {
    Severity.INFO: "notice",
    Severity.WARNING: "warning",
    Severity.ERROR: "error",
    Severity.CRITICAL: "error",
}


def render(reports: Sequence[Report], _options: RenderOptions) -> str:
    """A command for each finding, worst first (GitHub shows ten of a kind), then for each reason checks did not run.

    The last lines, the verdict and the counts, begin with our own words: the runner looks for commands in every line of the log.
    """
    lines = [_finding(found) for _, found in ranked(reports)]
    lines += [_unexamined(report, group) for report in reports for group in group_unexamined(report.not_run)]
    said = (*answers(reports), summary_sentence(reports))
    return "\n".join([*lines, *(f"forge-doctor: {_harmless(line)}" for line in said)]) + "\n"


def _finding(found: Finding) -> str:
    title = f"{found.check} ({found.confidence.label} confidence)"
    place = dict(_place(found.location))
    parts = [found.message if place else f"{found.location}: {found.message}"]
    parts += [evidence_text(one) for one in found.evidence]
    body = "\n".join(printable_line(part) for part in parts)
    return _command(COMMANDS[found.severity], place | {"title": title}, _with_remedy(body, found.remedy))


def _unexamined(report: Report, group: Unexamined) -> str:
    names = ", ".join(group.checks)
    body = printable_line(f"{report.subject}: {counted(len(group.checks), 'checks')} not run ({names}): {group.reason}")
    return _command("warning", {"title": "not run"}, _with_remedy(body, group.remedy))


def _place(location: Location) -> Iterator[tuple[str, str]]:
    if not is_file(location):
        return
    yield "file", location.target
    if location.line is None:
        return
    yield "line", str(location.line)
    end = last_line(location) or location.line
    yield "endLine", str(end)
    if location.column is not None:
        yield "col", str(location.column)
        # GitHub takes an end column only within one line.
        if end == location.line == location.end_line and location.end_column is not None:
            yield "endColumn", str(location.end_column)


def _with_remedy(body: str, remedy: str) -> str:
    return f"{body}\n\n{printable(remedy)}" if remedy.strip() else body


def _command(name: str, properties: dict[str, str], message: str) -> str:
    told = ",".join(f"{key}={_escape_property(printable_line(value))}" for key, value in properties.items())
    return f"::{name} {told}::{_escape(message)}"


def _escape(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _escape_property(text: str) -> str:
    return _escape(text).replace(":", "%3A").replace(",", "%2C")


def _harmless(sentence: str) -> str:
    """The names of what was inspected come from a slice: kept from looking like a command."""
    return printable_line(sentence).replace("##[", "# #[").replace("::", ": :")
