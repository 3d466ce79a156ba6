"""What `forge-doctor migrations` does with its options: a request, one look, reports or a baseline."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from forge_doctor.check import described
from forge_doctor.cli.entries import every_id
from forge_doctor.cli.flags.migrations import Flags
from forge_doctor.cli.output import deliver, refuse_inputs, say, write_file
from forge_doctor.cli.report_options import ReportOptions, require_writable
from forge_doctor.cli.sessions.baseline_file import write_baseline
from forge_doctor.cli.sessions.cache_folder import cache_folder
from forge_doctor.cli.sessions.migration_parts.base_branch import base_branch
from forge_doctor.code.files.project_folder import project_around
from forge_doctor.code.files.walk import Scope, excludes
from forge_doctor.dataclass import replace
from forge_doctor.errors import CannotInspect, UsageProblem
from forge_doctor.migrations.chosen import Checks
from forge_doctor.migrations.request import Request
from forge_doctor.migrations.run import Examination, run_migrations
from forge_doctor.probes.git import ask_git
from forge_doctor.render.digest import counted
from forge_doctor.report import Report, exit_code
from forge_doctor.suppression.baseline import Known, read_baseline
from forge_doctor.suppression.changed_lines import ChangedLines, changed_since
from forge_doctor.suppression.per_file_ignores import PerFileIgnores, parse_per_file_ignores

if TYPE_CHECKING:
    from forge_doctor.cli.sessions.migration_parts.live import Live
    from forge_doctor.migrations.judge import Look

URL_VARIABLES = ("FORGE_DOCTOR_DSN", "DATABASE_URL")
OF_A_DATABASE = ("dsn", "connect_timeout", "metadata", "save", "no_live")
SOURCES = (".py", ".ini", ".toml", ".mako", ".sql")


def run(flags: Flags, options: ReportOptions) -> NoReturn:
    """Do what the flags ask for and exit with the documented code."""
    _reject_contradictions(flags)
    known = [one for one in (flags.snapshot, options.settings.path) if one is not None]
    refuse_inputs({**options.outputs, "--save": flags.save}, known)
    require_writable({"--save": flags.save, "--write-baseline": flags.write_baseline})
    live = None if flags.no_live else _look(flags, options)
    request = requested(flags, options, live)
    looked = _examined(flags, request, live)
    _refuse_sources(flags, options, looked)
    if flags.save is not None:
        _save(flags.save, live)
    if flags.write_baseline is not None:
        found = (pair for one in looked for pair in one.fingerprints)
        files = (file for one in looked for file in one.files)
        write_baseline(flags.write_baseline, found, files, request.scope, options.min_confidence)
        sys.exit(exit_code([replace(one.report, findings=()) for one in looked]))
    gone = looked[-1].gone if looked else 0
    if gone and request.changed is None and request.narrow is None:
        say(f"gone: {counted(gone, 'findings')} of the baseline; write it anew with --write-baseline")
    reports = [one.report for one in looked]
    if options.output_format.carries_rules:
        rules = described(request.checks.chosen, "alembic", "postgresql")
        reports = [replace(one, rules=rules) for one in reports]
    if live is not None:
        reports += _of_database(flags, options, request, looked, live)
    deliver(reports, options)


def _look(flags: Flags, options: ReportOptions) -> Live | None:
    """The database, looked at; loads nothing where none is named."""
    if flags.snapshot is not None:
        from forge_doctor.cli.sessions.migration_parts.live import replayed

        return replayed(flags.snapshot)
    if flags.dsn is None and not any(os.environ.get(name, "").strip() for name in URL_VARIABLES):
        if flags.metadata is not None:
            raise UsageProblem("--metadata: needs --dsn, or DATABASE_URL: what the models are compared with")
        if flags.save is not None:
            raise UsageProblem("--save: needs --dsn, or DATABASE_URL: it keeps what was seen of a database")
        return None
    from forge_doctor.cli.sessions.migration_parts.live import look

    return look(flags.dsn, flags.connect_timeout or _configured(options, "connect-timeout", None))


def _save(path: Path, live: Live | None) -> None:
    """Keep what was seen of the database."""
    if live is None or live.snapshot is None:
        say(f"--save {path}: nothing was seen of a database, and nothing written")
        return
    from forge_doctor.migrations.live.record import dump

    write_file(path, dump(live.snapshot), "--save")


def _examined(flags: Flags, request: Request, live: Live | None) -> tuple[Examination, ...]:
    """The trees; none is needed where a database is to be looked at, unless a path was named."""
    try:
        return run_migrations(request, _looks(flags, request))
    except CannotInspect as problem:
        if live is None or flags.paths:
            raise
        say(f"no tree was looked at: {problem}")
        return ()


def _of_database(
    flags: Flags, options: ReportOptions, request: Request, looked: tuple[Examination, ...], live: Live
) -> list[Report]:
    from forge_doctor.cli.sessions.migration_parts.live import drift

    histories = [replace(one.history, only=None) for one in looked if one.history is not None]
    reports = [live.report(histories, options.settings, request.checks.of_live)]
    if flags.metadata is not None and live.target is not None and live.snapshot is not None:
        pending = sum(len(live.pending_of(one) or ()) for one in histories)
        configuration = histories[0].tree.place.configuration if histories else None
        folder = request.here if configuration is None else configuration.file.parent
        reports.append(drift(flags.metadata, live, live.target, flags.python, folder, pending, request.checks.of_drift))
    return reports


def _looks(flags: Flags, request: Request) -> tuple[Look, ...]:
    """What else is to be said of each tree, and by whom."""
    if not flags.test_downgrade:
        return ()
    from forge_doctor.cli.sessions.migration_parts.trip import Trip

    return (Trip(request.checks.of_round_trip, flags.rows, flags.server, flags.python),)


def place_of(paths: Sequence[Path]) -> Path:
    """The folder that holds all that is named: the configuration nearest to it counts."""
    folders = [path if path.is_dir() else path.parent for path in paths or [Path()]]
    return Path(os.path.commonpath([os.path.abspath(folder) for folder in folders]))  # noqa: PTH100 - links stay


def requested(flags: Flags, options: ReportOptions, live: Live | None = None) -> Request:
    """What the flags ask for."""
    here = Path.cwd()
    settings = options.settings
    base = settings.path.resolve().parent if settings.path else project_around(here, ("alembic.ini",)) or here
    checks = Checks(options.select, options.ignore, every_id)
    paths = flags.paths or (base,)
    return Request(
        paths=paths,
        here=here,
        scope=Scope(
            base=base,
            excludes=excludes((*_configured(options, "exclude", ()), *flags.exclude)),
            gitignore=_configured(options, "gitignore", True),
        ),
        checks=checks,
        per_file=_per_file(options, checks),
        baseline=_baseline(flags, options, base),
        changed=None if flags.pending and live is not None else _changed(flags, place_of(paths)),
        narrow=live.pending_of if flags.pending and live is not None else None,
        # What a database is asked rests on what the trees do, which is not kept.
        cache=None if flags.no_cache or live is not None else cache_folder("migrations"),
    )


def _reject_contradictions(flags: Flags) -> None:
    narrowing = [*["--since"] * (flags.since is not None), *["--pending"] * flags.pending, *["--all"] * flags.every]
    if len(narrowing) > 1:
        raise UsageProblem(f"{' and '.join(narrowing)}: can only be used one at a time")
    alone = [*["--rows"] * (flags.rows is not None), *["--server"] * (flags.server is not None)]
    if alone and not flags.test_downgrade:
        raise UsageProblem(f"{' and '.join(alone)}: needs --test-downgrade")
    if flags.snapshot is not None:
        for name in OF_A_DATABASE:
            if getattr(flags, name):
                raise UsageProblem(
                    f"--{name.replace('_', '-')} does not go with --snapshot: a snapshot is judged as it was taken"
                )
    if flags.save is not None and flags.no_live:
        raise UsageProblem("--save and --no-live: can only be used one at a time")
    if flags.write_baseline is not None and narrowing and not flags.every:
        raise UsageProblem(f"--write-baseline and {narrowing[0]}: a baseline is of every revision")


def _changed(flags: Flags, folder: Path) -> ChangedLines | None:
    if flags.since == "HEAD" and _is_without_commit(folder):
        return None  # before the first commit all is new
    if flags.since is not None:
        return changed_since(flags.since, folder)
    if flags.every or flags.write_baseline is not None:
        return None
    found = base_branch(folder, asked=flags.pending)
    return None if found is None else changed_since(found.reference, folder, found.option)


def _is_without_commit(folder: Path) -> bool:
    is_repository = ask_git(folder, "rev-parse", "--show-toplevel").ok
    return is_repository and not ask_git(folder, "rev-parse", "--verify", "--quiet", "HEAD").ok


def _per_file(options: ReportOptions, checks: Checks) -> PerFileIgnores:
    table = _configured(options, "per-file-ignores", {})
    return parse_per_file_ignores(table, checks.known, options.settings.path) if table else PerFileIgnores()


def _configured(options: ReportOptions, key: str, default: Any) -> Any:
    value = options.settings.get(key, "migrations")
    return default if value is None else value


def _baseline(flags: Flags, options: ReportOptions, base: Path) -> Known:
    if flags.baseline is not None:
        return read_baseline(flags.baseline)
    configured = options.settings.get("baseline", "migrations")
    return (
        {}
        if configured is None or flags.write_baseline is not None
        else read_baseline(base / configured, options.settings.source("", "baseline"))
    )


def _refuse_sources(flags: Flags, options: ReportOptions, looked: tuple[Examination, ...]) -> None:
    """A report or a baseline goes into no file of code, whether it was looked at or left out this time."""
    outputs = {**options.outputs, "--write-baseline": flags.write_baseline, "--save": flags.save}
    named = (path for path in outputs.values() if path is not None and path.suffix in SOURCES)
    others = (one for one in (options.settings.path, flags.baseline) if one is not None)
    refuse_inputs(outputs, (*(file for one in looked for file in one.files), *named, *others))
