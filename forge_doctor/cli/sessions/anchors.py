"""Where formats that show nothing without a file put what has none: the line that makes the engine."""

from __future__ import annotations

from pathlib import Path

from forge_doctor.cli.report_options import ReportOptions
from forge_doctor.errors import UsageProblem


def anchored(options: ReportOptions, root: Path | None = None) -> ReportOptions:
    """With that line of the source below `root` or here, for such formats; raises `UsageProblem` where there is none."""
    if not options.output_format.needs_files:
        return options
    from forge_doctor.code.orm.engine_places import engine_places

    start = root or Path.cwd()
    places = engine_places(start)
    if not places:
        raise UsageProblem(
            f"--output-format {options.output_format}: shows findings at lines of files alone, and none below "
            f"{start} makes an engine: run it in the application's source, or take json, junit or markdown"
        )
    return options._replace(anchor=places[0])
