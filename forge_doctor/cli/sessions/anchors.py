"""Findings where formats of files alone want them: in a file, named from the current folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from forge_doctor.cli.report_options import ReportOptions
from forge_doctor.dataclass import replace
from forge_doctor.errors import UsageProblem
from forge_doctor.finding import Finding, Location
from forge_doctor.report import Report


def anchored(options: ReportOptions, root: Path | None = None) -> ReportOptions:
    """With the line below `root` or here that makes the engine, where such formats put what has no file.

    Raises `UsageProblem` where there is none.
    """
    if not options.output_format.needs_files:
        return options
    start = root or Path.cwd()
    anchor = _anchor((start,))
    if anchor is None:
        raise UsageProblem(
            f"--output-format {options.output_format}: shows findings at lines of files alone, and none below "
            f"{start} makes an engine: run it in the application's source, or take json, junit or markdown"
        )
    return options._replace(anchor=anchor)


def anchored_reports(
    options: ReportOptions, reports: Sequence[Report], roots: Sequence[Path]
) -> tuple[ReportOptions, list[Report]]:
    """The same for reports that name files from the root of the source they found, `roots`."""
    if not options.output_format.needs_files:
        return options, list(reports)
    return options._replace(anchor=_anchor(roots)), [_report_from_here(one, roots) for one in reports]


def _anchor(roots: Sequence[Path]) -> Location | None:
    from forge_doctor.code.orm.engine_places import engine_places

    return next((_from_here(place, (root,)) for root in roots for place in engine_places(root)), None)


def _report_from_here(report: Report, roots: Sequence[Path]) -> Report:
    return replace(report, findings=tuple(_finding_from_here(one, roots) for one in report.findings))


def _finding_from_here(found: Finding, roots: Sequence[Path]) -> Finding:
    related = tuple(
        replace(one, location=_from_here(one.location, roots)) if one.location else one for one in found.related
    )
    return replace(found, location=_from_here(found.location, roots), related=related)


def _from_here(location: Location, roots: Sequence[Path]) -> Location:
    """A file below one of the roots as it is named from here; what is none stays as it is."""
    path = next((file for root in roots if (file := (root / location.target).absolute()).is_file()), None)
    if path is None:
        return location
    here = Path.cwd()
    return replace(location, target=str(path.relative_to(here) if path.is_relative_to(here) else path))
