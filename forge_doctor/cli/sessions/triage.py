"""One run of `forge-doctor triage`: tells each step of discovery as it is done, then the causes."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import NoReturn

from forge_doctor.cli.flags.triage import Flags
from forge_doctor.cli.output import deliver, finish, print_report, refuse_inputs, say
from forge_doctor.cli.report_options import ReportOptions
from forge_doctor.cli.sessions.anchors import anchored_reports
from forge_doctor.cli.sessions.cache_folder import cache_folder
from forge_doctor.dataclass import replace
from forge_doctor.errors import UsageProblem
from forge_doctor.redaction.held import hold_url
from forge_doctor.report import Report
from forge_doctor.streams.sources.moment import parse_moment
from forge_doctor.triage.discovery.asked import Asked
from forge_doctor.triage.facts import Step
from forge_doctor.triage.looks import MOST_LINES, Looks, Recorded
from forge_doctor.triage.run import Request, triage

SINCE_S, DEEP_SINCE_S, DEEP_LOOK_S = 1800.0, 86400.0, 5.0


def run(flags: Flags, options: ReportOptions) -> NoReturn:
    """Diagnose once, or again and again, and exit with the documented code."""
    refuse_inputs(options.outputs, [path for word in flags.log if (path := Path(word)).is_file()])
    _reject_combinations(flags)
    for url in flags.dsn:
        hold_url(url)
    if flags.watch is not None:
        _watch(flags, options)
    reports = _reports(flags, options, _teller(flags, options))
    options, reports = anchored_reports(options, reports, _source_roots(reports))
    deliver(reports, options)


def requested(flags: Flags, options: ReportOptions) -> Request:
    """What the flags and the configuration ask for; raises `UsageProblem`."""
    now = time.time()
    since = flags.since or options.settings.get("since", "triage")
    usual = DEEP_SINCE_S if flags.deep else SINCE_S
    since_s = now - parse_moment(since, now, options.settings.source(flags.since, "since")) if since else usual
    timeout = options.settings.get("connect-timeout", "triage") or 3.0
    recorded = None if flags.replay is None else _recorded(flags.replay, flags.at or "", now)
    return Request(
        asked=Asked(
            targets=flags.targets,
            pids=flags.pid,
            containers=flags.container,
            dsn=flags.dsn,
            logs=flags.log,
            source=flags.source,
            app=(options.settings.get("app", "triage") if flags.app is None else flags.app) or "",
            borrow=flags.borrow_dsn and options.settings.get("borrow-dsn", "triage") is not False,
            environ=dict(os.environ),
            since_s=since_s,
            connect_timeout_s=timeout,
            recorded=None if recorded is None else _applications(recorded),
        ),
        looks=Looks(
            now=now,
            since_s=since_s,
            duration_s=DEEP_LOOK_S if flags.deep else 0.0,
            connect_timeout_s=timeout,
            cache=cache_folder("lint"),
            recorded=recorded,
            lines=None if flags.deep else MOST_LINES,
        ),
        settings=options.settings,
    )


def _reject_combinations(flags: Flags) -> None:
    if flags.replay is None:
        if flags.at:
            raise UsageProblem("--at says which moment of a record to diagnose: name the record with --replay")
        return
    if not flags.at:
        raise UsageProblem("--replay: say which moment with --at; forge-doctor pool --replay lists those that matter")
    for name in ("dsn", "watch", "deep", "app"):
        if getattr(flags, name):
            raise UsageProblem(f"--{name} does not go with --replay: a record is judged as it was written")


def _recorded(path: Path, at: str, now: float) -> Recorded:
    """The look at that moment, or the last before it; raises `CannotInspect` and `UsageProblem`."""
    from forge_doctor.pool.recorder.moments import index_at, moment_of_day
    from forge_doctor.pool.recorder.read import read_record

    record = read_record(path)
    of_day = moment_of_day(at, record)
    look = record.looks[index_at(record, parse_moment(at, now, "--at") if of_day is None else of_day, "--at")]
    return Recorded(snapshot=look.snapshot(), at=look.at)


def _applications(recorded: Recorded) -> frozenset[str]:
    return frozenset(one.application for one in recorded.snapshot.processes or () if one.application)


def _reports(flags: Flags, options: ReportOptions, teller: _Teller) -> list[Report]:
    reports = triage(requested(flags, options), teller.tell)
    return [one if flags.explain_discovery else replace(one, tables=()) for one in reports]


def _source_roots(reports: list[Report]) -> list[Path]:
    """Where the source of each application was found: what its files are named from."""
    applications = [one for report in reports for one in report.data.get("applications", ())]
    return [Path(root) for one in applications if (root := one["source_root"])]


class _Teller:
    """Says each step on stderr as it is done: where nobody would read that, nothing."""

    def __init__(self, wanted: bool) -> None:
        self._wanted = wanted

    def tell(self, step: Step) -> None:
        """One line."""
        if not self._wanted:
            return
        found = step.found or f"not found: {step.missing}"
        where = f" ({step.source})" if step.source else f" ({step.remedy})" if step.remedy else ""
        say(f"{step.name}: {found}{where}")


def _teller(flags: Flags, options: ReportOptions) -> _Teller:
    wanted = flags.explain_discovery or options.verbose or sys.stderr.isatty()
    return _Teller(wanted and not options.quiet)


def _watch(flags: Flags, options: ReportOptions) -> NoReturn:
    """Diagnose every `--watch` seconds until Ctrl-C; the exit code is the last diagnosis's."""
    from forge_doctor.pool.run import all_checks

    options.settings.reject_unknown_limits(all_checks())
    reports: list[Report] = []
    try:
        with print_report(options) as show:
            while True:
                reports = _reports(flags, options, _Teller(wanted=False))
                show(reports)
                time.sleep(flags.watch or 5.0)
    except KeyboardInterrupt:
        pass
    if not reports:
        sys.exit(130)
    finish(reports, options)
