"""Where reports go: the only place that looks at the terminal, writes files and ends the process."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from forge_doctor.cli.options import ReportOptions
from forge_doctor.errors import ForgeDoctorError, UsageProblem
from forge_doctor.render import OutputFormat, RenderOptions, render
from forge_doctor.report import Report, exit_code

PIPED_WIDTH = 100


def deliver(reports: Sequence[Report], options: ReportOptions) -> NoReturn:
    """Render to stdout or to `--output-file`, then exit with the documented code."""
    shown = tuple(report.at_least(options.min_confidence) for report in reports)
    text = render(shown, options.output_format, render_options(options))
    if options.output_file is None:
        sys.stdout.write(text)
        sys.stdout.flush()
    else:
        write_file(options.output_file, text)
    if options.output_format is OutputFormat.NAGIOS:
        from forge_doctor.render.nagios import exit_status

        sys.exit(exit_status(shown))
    sys.exit(exit_code(shown, options.fail_on, options.fail_confidence))


def render_options(options: ReportOptions) -> RenderOptions:
    """What the formatter is told: a person's terminal with its width, or a plain stream."""
    terminal = options.output_file is None and sys.stdout.isatty()
    return RenderOptions(
        width=max(40, shutil.get_terminal_size((PIPED_WIDTH, 24)).columns) if terminal else PIPED_WIDTH,
        color=terminal and wants_color(options.no_color),
        terminal=terminal,
        fail_on=options.fail_on,
    )


def wants_color(no_color: bool) -> bool:
    """Whether neither `--no-color`, nor NO_COLOR (no-color.org), nor TERM=dumb asks for none."""
    return not (no_color or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb")


def write_file(path: Path, text: str) -> None:
    """Write at once or not at all; raises `UsageProblem` naming the file."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise UsageProblem(f"--output-file {path}: cannot be written: {error.strerror}") from error


def note(text: str) -> None:
    """Progress for a person: on stderr, and only where stderr is a terminal."""
    if sys.stderr.isatty():
        sys.stderr.write(text + "\n")
        sys.stderr.flush()


def abort(error: ForgeDoctorError) -> NoReturn:
    """Say what went wrong on stderr and exit with the error's code."""
    sys.stderr.write(f"forge-doctor: {error}\n")
    sys.exit(error.exit_code)
