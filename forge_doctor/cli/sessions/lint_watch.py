"""Lints again whenever a file changed: asks for the files' times twice a second, needs no file system events."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from forge_doctor.cli.output import finish, print_report
from forge_doctor.cli.report_options import ReportOptions
from forge_doctor.code.files.discover import discover
from forge_doctor.errors import CannotInspect
from forge_doctor.finding import NotRun
from forge_doctor.lint.request import Request
from forge_doctor.lint.run import Examination, run_lint
from forge_doctor.report import Report

INTERVAL_S = 0.5
INTERRUPTED = 130
Times = dict[Path, tuple[int, int]]


def watch(request: Request, report: Callable[[Examination], Report], options: ReportOptions) -> NoReturn:
    """Until Ctrl-C; the exit code is the last look's."""
    reports: Sequence[Report] = ()
    times: Times | None = None
    try:
        with print_report(options) as show:
            while True:
                now = _times(request, options)
                if now != times:
                    times, reports = now, (_look(request, report),)
                    show(reports)
                time.sleep(INTERVAL_S)
    except KeyboardInterrupt:
        pass
    if not reports:
        sys.exit(INTERRUPTED)
    finish(reports, options)


def _look(request: Request, report: Callable[[Examination], Report]) -> Report:
    try:
        return report(run_lint(request))
    except CannotInspect as problem:
        # The last file may just be on its way from one name to another.
        return Report(command="lint", subject="", not_run=(NotRun(check="discover", reason=str(problem)),))


def _times(request: Request, options: ReportOptions) -> Times:
    """When each file was written last, and its size."""
    found = discover(request.paths, request.scope).files
    config = (options.settings.path,) if options.settings.path else ()
    times: Times = {}
    for path in (*found, *config):
        try:
            facts = path.stat()
        except OSError:
            continue
        times[path] = (facts.st_mtime_ns, facts.st_size)
    return times
