"""Where reports go: the only place that looks at the terminal, writes files and ends the process."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from forge_doctor.cli.report_options import STDOUT, ReportOptions
from forge_doctor.dataclass import replace
from forge_doctor.errors import UsageProblem
from forge_doctor.redaction import redact
from forge_doctor.redaction.held import mask_held, without_held
from forge_doctor.render import OutputFormat, RenderOptions, render
from forge_doctor.report import Report, exit_code

PIPED_WIDTH = 100


def deliver(
    reports: Sequence[Report], options: ReportOptions, keep: Callable[[str, int], None] | None = None
) -> NoReturn:
    """Render to stdout or to `--output-file`, then exit with the documented code; `keep` is given what was told, the text
    and the code."""
    shown = _shown(reports, options)
    text = _write(shown, options)
    _write_page(shown, options)
    status = _status(shown, options)
    if keep is not None:
        keep(text, status)
    sys.exit(status)


def finish(reports: Sequence[Report], options: ReportOptions) -> NoReturn:
    """What was shown again and again ends: the page of the last one, and the documented code; `nagios` has its own four."""
    shown = _shown(reports, options)
    _write_page(shown, options)
    sys.exit(_status(shown, options))


def _status(shown: Sequence[Report], options: ReportOptions) -> int:
    if options.output_format is OutputFormat.NAGIOS:
        from forge_doctor.render.nagios import exit_status

        return exit_status(shown)
    return exit_code(shown, options.fail_on, options.fail_confidence)


@contextmanager
def print_report(options: ReportOptions, *, tables_only: bool = False) -> Iterator[Callable[[Sequence[Report]], None]]:
    """`show(reports)` again and again: a live screen on a terminal, else one report after the other.

    The last page stays on the terminal when the screen is left, findings and all; with
    `tables_only` the live screen has the tables alone.
    """
    settings = render_options(options)
    if not (settings.terminal and options.output_format is OutputFormat.TEXT):
        yield lambda reports: _print(reports, options)
        return
    from rich.console import Console
    from rich.live import Live

    from forge_doctor.render.text import page

    console = Console(no_color=not settings.color, highlight=False)
    last: list[Sequence[Report]] = []
    try:
        with Live(console=console, screen=True, auto_refresh=False) as live:

            def show(reports: Sequence[Report]) -> None:
                last[:] = [_shown(reports, options)]
                live.update(page(last[0], render_options(options), tables_only=tables_only), refresh=True)

            yield show
    finally:
        if last:
            console.print(page(last[0], render_options(options)))


def _shown(reports: Sequence[Report], options: ReportOptions) -> tuple[Report, ...]:
    """What the user wants to see of them, as grave as the user says it is."""
    severities = options.settings.severities
    wanted = (report.judged_by(severities).at_least(options.min_confidence) for report in reports)
    return tuple(without_held(replace(report, subject=redact(report.subject))) for report in wanted)


def _print(reports: Sequence[Report], options: ReportOptions) -> None:
    _write(_shown(reports, options), options)


def _write(shown: Sequence[Report], options: ReportOptions) -> str:
    text = render(shown, options.output_format, render_options(options))
    if options.output_file is None:
        _emit(text)
    else:
        write_file(options.output_file, text, "--output-file")
    return text


def _write_page(shown: Sequence[Report], options: ReportOptions) -> None:
    if options.html is not None:
        write_file(options.html, render(shown, OutputFormat.HTML, render_options(options)), "--html")


def _emit(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def render_options(options: ReportOptions) -> RenderOptions:
    """What the formatter is told: a person's terminal with its width, or a plain stream."""
    terminal = options.output_file is None and sys.stdout.isatty()
    columns, lines = _terminal_size() if terminal else (PIPED_WIDTH, 0)
    return RenderOptions(
        width=max(40, columns),
        color=wants_color(options.color, terminal, os.environ),
        terminal=terminal,
        height=lines,
        quiet=options.quiet,
        fail_on=options.fail_on,
        fail_confidence=options.fail_confidence,
        anchor=options.anchor,
    )


def _terminal_size() -> tuple[int, int]:
    """Columns and lines."""
    from shutil import get_terminal_size

    return get_terminal_size((PIPED_WIDTH, 24))


def wants_color(wish: str, terminal: bool, environment: Mapping[str, str]) -> bool:
    """`--color`, else NO_COLOR (no-color.org), FORCE_COLOR (force-color.org), CLICOLOR_FORCE (bixense.com/clicolors),
    else whether it is a terminal that has colours."""
    if wish != "auto":
        return wish == "always"
    if environment.get("NO_COLOR"):
        return False
    if environment.get("FORCE_COLOR") or environment.get("CLICOLOR_FORCE", "0") not in ("", "0"):
        return True
    return terminal and environment.get("TERM") != "dumb" and environment.get("CLICOLOR") != "0"


def write_file(path: Path, text: str, option: str) -> None:
    """Make the text the file's content, `-` being stdout; raises `UsageProblem` naming the option and the file."""
    from forge_doctor.probes import file_writing

    if path == STDOUT:
        _emit(text)
        return
    try:
        file_writing.write_file(path, mask_held(text).encode("utf-8", "backslashreplace"), say)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise UsageProblem(f"{option} {path}: cannot be written: {error.strerror}") from error


def refuse_inputs(outputs: Mapping[str, Path | None], inputs: Iterable[Path]) -> None:
    """Raise `UsageProblem` where a file to be written is one that is read: its content would be lost."""
    written = {option: path for option, path in outputs.items() if path is not None and path.is_file()}
    if not written:
        return
    from forge_doctor.probes.file_writing import same_file

    for read in inputs:
        for option, path in written.items():
            if same_file(path, read):
                raise UsageProblem(f"{option} {path}: is read in this run, and would be overwritten; name another file")


def say(text: str) -> None:
    """On stderr, so that stdout holds what the format promises and nothing else."""
    sys.stderr.write(f"forge-doctor: {mask_held(text)}\n")
    sys.stderr.flush()


def note(text: str) -> None:
    """Progress for a person: on stderr, and only where stderr is a terminal."""
    if sys.stderr.isatty():
        sys.stderr.write(text + "\n")
        sys.stderr.flush()
