"""What `forge-doctor lint` does with its options: a request, one look or several, changes or a report."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from forge_doctor.check import described
from forge_doctor.cli.entries import every_id
from forge_doctor.cli.flags.lint import Flags
from forge_doctor.cli.output import deliver, refuse_inputs, say
from forge_doctor.cli.report_options import ReportOptions, require_writable
from forge_doctor.cli.sessions.baseline_file import write_baseline
from forge_doctor.cli.sessions.cache_folder import cache_folder
from forge_doctor.cli.sessions.lint_changes import print_diff, write_changes
from forge_doctor.code.files.walk import Scope, excludes
from forge_doctor.dataclass import replace
from forge_doctor.errors import UsageProblem
from forge_doctor.lint.checks import Checks
from forge_doctor.lint.request import Request, default_path, file_name, lint_from
from forge_doctor.lint.run import Examination, run_lint, statistics
from forge_doctor.render.digest import counted
from forge_doctor.report import EXIT_FINDINGS, Report, exit_code
from forge_doctor.suppression.baseline import Known, read_baseline
from forge_doctor.suppression.per_file_ignores import PerFileIgnores, parse_per_file_ignores

if TYPE_CHECKING:
    from forge_doctor.suppression.changed_lines import ChangedLines

STDIN = Path("-")
# What is looked at is listed where that costs little beside the run, or where nothing changed and it may be asked again.
PAYS_S = 1.0
SOURCES = (".py", ".pyi", ".pyw", ".ipynb")


def run(flags: Flags, options: ReportOptions) -> NoReturn:
    """Do what the flags ask for and exit with the documented code."""
    _reject_contradictions(flags)
    require_writable({"--write-baseline": flags.write_baseline})
    if flags.watch:
        from forge_doctor.cli.sessions.lint_watch import watch

        watch(requested(flags, options), lambda looked: _report(looked, flags), options)
    request = requested(flags, options)
    gc.disable()  # what a look leaves behind goes with the process: to look for garbage in it costs as much as some rules
    looked = run_lint(request)
    _refuse_sources(flags, options, looked)
    confidence = options.min_confidence
    if flags.write_baseline is not None:
        write_baseline(flags.write_baseline, looked.fingerprints, looked.files, request.scope, confidence)
        sys.exit(exit_code([replace(looked.report, findings=())]))
    if flags.add_ignores:
        from forge_doctor.lint.mend import ignores

        write_changes(ignores(request, looked, reason=flags.reason, confidence=confidence), "muted")
        sys.exit(exit_code([replace(looked.report, findings=())]))
    if flags.fix or flags.diff:
        from forge_doctor.lint.mend import fixes

        changes = fixes(request, looked, unsafe=flags.unsafe_fixes, confidence=confidence)
        if flags.diff:
            sys.exit(EXIT_FINDINGS if print_diff(changes) else exit_code([replace(looked.report, findings=())]))
        if write_changes(changes, "fixed"):
            gc.collect()  # the trees of the first look
            looked = run_lint(request)
    if looked.gone:
        say(f"gone: {counted(looked.gone, 'findings')} of the baseline; write it anew with --write-baseline")
    report = _report(looked, flags)
    if options.output_format.carries_rules:
        report = replace(report, rules=described(request.checks.chosen, "sqlalchemy", "asyncio"))
    deliver([report], options, partial(_keep, flags, options, request, looked))


def _keep(flags: Flags, options: ReportOptions, request: Request, looked: Examination, text: str, status: int) -> None:
    """Keep what was told where the next run, asked the same of the same, would tell it too."""
    from forge_doctor.cli.shell.run_again import keep_answer, seconds_since_start

    by = looked.looked
    patterns = (*_configured(options, "exclude", ()), *flags.exclude)
    has_more = any((flags.fix, flags.since, looked.gone, looked.report.not_run, *options.outputs.values()))
    is_taken_back = any(pattern.startswith("!") for pattern in patterns)  # a folder that no search enters may count
    if by is None or has_more or is_taken_back or (by.fresh and seconds_since_start() < PAYS_S):
        return
    from forge_doctor.lint.cache.looked_at import TooMuch, all_looked_at

    base = request.scope.base
    baseline = options.settings.get("baseline", "lint")
    read = (options.settings.path, flags.baseline, None if baseline is None else base / baseline)
    try:
        names = all_looked_at(
            (*by.roots, *(place_of([path], None) for path in request.paths)),
            (Path.cwd(), base),
            (*looked.files, *(one.absolute() for one in read if one is not None)),
            by.grounds(),
            gitignore=request.scope.gitignore,
        )
    except TooMuch:
        return
    keep_answer(text, status, names)


def _refuse_sources(flags: Flags, options: ReportOptions, looked: Examination) -> None:
    """A report or a baseline goes into no file of code, whether it was looked at or left out this time."""
    outputs = {**options.outputs, "--write-baseline": flags.write_baseline}
    named = tuple(path for path in outputs.values() if path is not None and path.suffix in SOURCES)
    others = (options.settings.path, flags.baseline)
    refuse_inputs(outputs, (*(file for file in looked.files), *named, *(one for one in others if one is not None)))


def _reject_contradictions(flags: Flags) -> None:
    fix = ["--diff"] * flags.diff or ["--fix"] * flags.fix
    changing = [
        *fix,
        *["--add-ignores"] * flags.add_ignores,
        *["--write-baseline"] * (flags.write_baseline is not None),
    ]
    stdin = STDIN in flags.paths
    problems = (
        (len(changing) > 1, changing, "can only be used one at a time"),
        (flags.watch, changing, "cannot be used with --watch"),
        # An edit moves lines, and git's numbers are no longer those of the findings.
        (flags.since is not None, changing, "cannot be used with --since"),
        (stdin, [one for one in changing if one != "--diff"], "cannot be used with stdin (-)"),
        (stdin and flags.watch, ["--watch"], "cannot be used with stdin (-)"),
        (stdin and len(flags.paths) > 1, ["-"], "cannot be used with other paths"),
        (flags.stdin_filename is not None and not stdin, ["--stdin-filename"], "needs - as the path"),
        (flags.unsafe_fixes and not fix, ["--unsafe-fixes"], "needs --fix or --diff"),
        (bool(flags.reason) and not flags.add_ignores, ["--reason"], "needs --add-ignores"),
    )
    for contradicts, given, problem in problems:
        if contradicts and given:
            raise UsageProblem(f"{' and '.join(given)}: {problem}")


def place_of(paths: Sequence[Path], stdin_filename: Path | None) -> Path:
    """The folder that holds all that is named: the configuration nearest to it counts."""
    named = [path for path in paths if path != STDIN] or [stdin_filename or Path()]
    folders = [path if path.is_dir() else path.parent for path in named]
    return Path(os.path.commonpath([os.path.abspath(folder) for folder in folders]))  # noqa: PTH100 - links stay


def requested(flags: Flags, options: ReportOptions, overlay: Mapping[Path, bytes] | None = None) -> Request:
    """What the flags ask for; `overlay` is what an editor holds of its files."""
    here = Path.cwd()
    settings = options.settings
    base = settings.path.resolve().parent if settings.path else default_path(here)
    checks = Checks(options.select, options.ignore, every_id)
    overlay = overlay or {}
    paths = flags.paths or (base,)
    if STDIN in flags.paths:
        path = here / (flags.stdin_filename or "stdin.py")
        paths, overlay = (path,), {path: sys.stdin.buffer.read()}
    return Request(
        paths=paths,
        scope=Scope(
            base=base,
            excludes=excludes((*_configured(options, "exclude", ()), *flags.exclude)),
            force_exclude=_first(flags.force_exclude, _configured(options, "force-exclude", False)),
            gitignore=_first(flags.gitignore, _configured(options, "gitignore", True)),
        ),
        lint=lint_from(here, checks, _jobs(flags, options), None if flags.no_cache else cache_folder("lint")),
        name=partial(file_name, here=here),
        checks=checks,
        per_file=_per_file(options, checks),
        baseline=_baseline(flags, options, base),
        changed=_changed(flags, base),
        overlay=overlay,
    )


def _per_file(options: ReportOptions, checks: Checks) -> PerFileIgnores:
    table = _configured(options, "per-file-ignores", {})
    return parse_per_file_ignores(table, checks.known, options.settings.path) if table else PerFileIgnores()


def _configured(options: ReportOptions, key: str, default: Any) -> Any:
    value = options.settings.get(key, "lint")
    return default if value is None else value


def _jobs(flags: Flags, options: ReportOptions) -> int | None:
    jobs: int | None = _first(flags.jobs, _configured(options, "jobs", None))
    if jobs is not None and jobs < 1:
        raise UsageProblem(f"{options.settings.path}: jobs must be 1 or more, not {jobs}")
    return jobs


def _changed(flags: Flags, base: Path) -> ChangedLines | None:
    if flags.since is None:
        return None
    from forge_doctor.suppression.changed_lines import changed_since

    return changed_since(flags.since, base)


def _first(flag: Any, otherwise: Any) -> Any:
    return otherwise if flag is None else flag


def _baseline(flags: Flags, options: ReportOptions, base: Path) -> Known | None:
    if flags.baseline is not None:
        return read_baseline(flags.baseline)
    configured = options.settings.get("baseline", "lint")
    if configured is None or flags.write_baseline is not None:
        return None
    return read_baseline(base / configured, options.settings.source("", "baseline"))


def _report(looked: Examination, flags: Flags) -> Report:
    report = looked.report
    return replace(report, tables=(*report.tables, statistics(report))) if flags.statistics else report
