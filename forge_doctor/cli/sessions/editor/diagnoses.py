"""What lint and migrations say of one file as an editor holds it; knows no protocol."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from forge_doctor.cli.flags.lint import Flags
from forge_doctor.cli.flags.shared import SharedFlags
from forge_doctor.cli.report_options import ReportOptions, report_options
from forge_doctor.cli.sessions.editor.migrations import diagnose_migration, is_migration
from forge_doctor.cli.sessions.lint import requested
from forge_doctor.errors import ForgeDoctorError
from forge_doctor.finding import Confidence, Finding
from forge_doctor.lint.run import run_lint
from forge_doctor.redaction.held import without_held


class Answer(NamedTuple):
    """The findings of one text, or why there are none; `text` is what was judged, `path` as what file."""

    findings: tuple[Finding, ...] = ()
    problem: str = ""
    text: str = ""
    path: str = ""


def diagnose(path: str, texts: Mapping[str, str]) -> Answer:
    """The findings of the file, with these texts in the place of what lies on the disk."""
    file = Path(path)
    overlay = {Path(one): text.encode("utf-8", "surrogatepass") for one, text in texts.items()}
    try:
        options = _options(file.parent)
        flags = Flags(paths=(file,), force_exclude=True, jobs=1, no_cache=True)
        report = run_lint(requested(flags, options, overlay)).report
        of_migrations = diagnose_migration(file, overlay) if is_migration(file, overlay.get(file, b"")) else ()
    except ForgeDoctorError as error:
        return Answer(problem=f"{path}: {error}", path=path)
    report = without_held(report)
    shown = report.judged_by(options.settings.severities).at_least(options.min_confidence)
    problem = "; ".join(one.reason for one in report.not_run)
    told = (*shown.findings, *of_migrations)
    return Answer(findings=tuple(one for one in told if one.location.line is not None), problem=problem, path=path)


def _options(folder: Path) -> ReportOptions:
    """The configuration nearest to the file, with no flag over it."""
    return report_options("lint", SharedFlags(no_color=True), fail_confidence=Confidence.HIGH, near=folder)
