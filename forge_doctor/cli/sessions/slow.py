"""One run of `forge-doctor slow`: resolves what was told, looks once, hands over the report."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, NoReturn

from forge_doctor.cli.entries import reject_unknown_limits
from forge_doctor.cli.flags.slow import Flags
from forge_doctor.cli.output import deliver, refuse_inputs, write_file
from forge_doctor.cli.report_options import ReportOptions, require_writable
from forge_doctor.cli.sessions.anchors import anchored
from forge_doctor.dataclass import replace
from forge_doctor.errors import CannotInspect, UsageProblem
from forge_doctor.finding import NotRun
from forge_doctor.probes.clock import utc_now
from forge_doctor.probes.postgres.dsn import resolve_targets
from forge_doctor.probes.postgres.target import Target
from forge_doctor.render import OutputFormat
from forge_doctor.report import Report
from forge_doctor.slow.collect import Request, collect
from forge_doctor.slow.run import run_slow
from forge_doctor.slow.snapshot import SlowSnapshot

if TYPE_CHECKING:
    from forge_doctor.slow.logged.work import LoggedWork

DURATION_S, TOP = 5.0, 10
OF_A_LIVE_SERVER = ("dsn", "duration", "save")


def run(flags: Flags, options: ReportOptions) -> NoReturn:
    """Judge a saved snapshot, or a server looked at once, and exit."""
    reject_unknown_limits(options.settings)
    options = anchored(options, flags.source)
    inputs = [one for one in (flags.snapshot, options.settings.path) if one is not None]
    refuse_inputs({**options.outputs, "--save": flags.save}, inputs)
    require_writable({"--save": flags.save})
    if flags.snapshot is not None:
        for name in OF_A_LIVE_SERVER:
            if getattr(flags, name) is not None:
                raise UsageProblem(f"--{name} does not go with --snapshot: a snapshot is judged as it was taken")
        if flags.log:
            raise UsageProblem("--log does not go with --snapshot: a snapshot is judged as it was taken")
        from forge_doctor.slow.record import load

        seen = _traced(load(flags.snapshot, show_query=flags.show_query), flags)
        deliver([_judge(seen, flags, options)], options)
    target = _target(flags)
    if target is None:
        _deliver_seen(_without_server(flags), flags, options)
    try:
        seen = asyncio.run(collect(_request(target, flags, options)))
    except CannotInspect as problem:
        if options.output_format is OutputFormat.TEXT:
            raise
        deliver([_unseen(target, problem)], options)
    if flags.log:
        seen = replace(seen, logged=_logged(flags))
    _deliver_seen(_traced(seen, flags), flags, options)


def _target(flags: Flags) -> Target | None:
    """The server, by flag or environment: None where logs are to be read and none is named by flag, or source alone is
    given and none is named at all."""
    if flags.dsn:
        return resolve_targets((flags.dsn,))[0]
    if flags.log:
        return None
    try:
        return resolve_targets(())[0]
    except UsageProblem:
        if flags.source is None:
            raise
        return None


def _deliver_seen(seen: SlowSnapshot, flags: Flags, options: ReportOptions) -> NoReturn:
    if flags.save is not None:
        from forge_doctor.slow.record import dump

        write_file(flags.save, dump(seen), "--save")
    deliver([_judge(seen, flags, options)], options)


def _without_server(flags: Flags) -> SlowSnapshot:
    """What logs and source tell by themselves."""
    named = ", ".join("standard input" if word == "-" else word for word in flags.log) or str(flags.source)
    logged = _logged(flags) if flags.log else None
    seen = SlowSnapshot(taken_at=utc_now(), target=named, logged=logged, show_query=flags.show_query)
    return _traced(seen, flags)


def _logged(flags: Flags) -> LoggedWork:
    """What the logs told; those that could not be found are among what could not be read."""
    from forge_doctor.slow.logged.collect import collect_logs
    from forge_doctor.streams.sources.find import find_sources

    sources, missing = find_sources(flags.log)
    read = collect_logs(sources)
    return replace(read, unread=(*(one.reason for one in missing), *read.unread))


def _traced(seen: SlowSnapshot, flags: Flags) -> SlowSnapshot:
    """With the lines of the source that may have sent its statements."""
    if flags.source is None:
        return seen
    from forge_doctor.slow.source_lines import traced

    return traced(seen, flags.source)


def _request(target: Target, flags: Flags, options: ReportOptions) -> Request:
    configured = options.settings.get("duration", "slow")
    duration_s = flags.duration if flags.duration is not None else configured
    return Request(
        target=target,
        duration_s=DURATION_S if duration_s is None else float(duration_s),
        top=_top(flags, options),
        explain=flags.explain,
        connect_timeout_s=flags.connect_timeout or options.settings.get("connect-timeout", "slow") or 3.0,
        show_query=flags.show_query,
    )


def _top(flags: Flags, options: ReportOptions) -> int:
    return flags.top or options.settings.get("top", "slow") or TOP


def _judge(seen: SlowSnapshot, flags: Flags, options: ReportOptions) -> Report:
    return run_slow(seen, options.settings, options.select, options.ignore, top=_top(flags, options))


def _unseen(target: Target, problem: CannotInspect) -> Report:
    reason = NotRun(check="slow", reason=str(problem))
    return Report(command="slow", subject=target.label, not_run=(reason,), headline="Could not be examined.")
