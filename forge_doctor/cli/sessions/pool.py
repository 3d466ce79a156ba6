"""One run of `forge-doctor pool`: resolves what was told, looks as often as asked, hands over the reports."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from forge_doctor.cli.entries import reject_unknown_limits
from forge_doctor.cli.flags.pool import Flags
from forge_doctor.cli.output import deliver, finish, print_report, refuse_inputs, write_file
from forge_doctor.cli.report_options import ReportOptions, require_writable
from forge_doctor.cli.sessions.anchors import anchored
from forge_doctor.dataclass import replace
from forge_doctor.errors import CannotInspect, UsageProblem
from forge_doctor.finding import NotRun
from forge_doctor.pool.collect import Examination, Request
from forge_doctor.pool.run import run_pool
from forge_doctor.pool.snapshot import PoolSnapshot
from forge_doctor.pool.topology import Told
from forge_doctor.probes.postgres.dsn import resolve_targets
from forge_doctor.render import OutputFormat
from forge_doctor.report import Report

NUMBERS = ("pool_size", "max_overflow", "workers", "replicas", "surge")
OF_A_LIVE_SERVER = (
    *("dsn", "bouncer", "app", "pool_size", "max_overflow", "workers", "replicas", "container", "source", "python"),
    *("duration", "watch", "save", "record"),
)


def run(flags: Flags, options: ReportOptions) -> NoReturn:
    """Judge a saved snapshot or a live server, once or again and again, and exit."""
    reject_unknown_limits(options.settings)
    options = anchored(options)
    outputs = {**options.outputs, "--save": flags.save}
    refuse_inputs(outputs, [one for one in (flags.snapshot, flags.replay, options.settings.path) if one is not None])
    _reject_combinations(flags)
    require_writable({"--save": flags.save})
    if flags.snapshot is not None:
        from forge_doctor.pool.record import load

        snapshots = load(flags.snapshot, show_query=flags.show_query)
        deliver([_judge(snapshot, options, flags) for snapshot in snapshots], options)
    if flags.replay is not None:
        from forge_doctor.cli.sessions.pool_replay import replay

        def judge(seen: PoolSnapshot) -> Report:
            return _judge(replace(seen, show_query=flags.show_query), options, flags)

        deliver([replay(flags.replay, flags.at, judge)], options)
    requests = _requests(flags, options)
    if flags.record is not None:
        from forge_doctor.cli.sessions.pool_record import record

        record(_only_one(requests), flags.record, flags.keep, flags.duration)
    if flags.watch is not None:
        asyncio.run(_watch(requests, flags, options))
    looks = asyncio.run(_look_once(requests, flags.duration))
    _save(flags.save, [look for look in looks if isinstance(look, PoolSnapshot)])
    deliver(_reports(requests, looks, options, flags), options)


def told(flags: Flags, options: ReportOptions) -> Told:
    """The application's numbers by flag, else from the configuration, each with where it was said."""
    values: dict[str, Any] = {}
    sources: dict[str, str] = {}
    for name in NUMBERS:
        key = name.replace("_", "-")
        flag, configured = getattr(flags, name), options.settings.get(key, "pool")
        values[name] = flag if flag is not None else configured
        sources[name] = f"--{key}" if flag is not None else f"{key} in {options.settings.path}"
    _check_numbers(values, sources)
    return Told(**values, sources=sources)


def _check_numbers(values: dict[str, Any], sources: dict[str, str]) -> None:
    """The configuration is held to the same bounds as the flags."""
    lowest = {"pool_size": 0, "max_overflow": -1, "workers": 1, "replicas": 1, "surge": 1}
    for name, least in lowest.items():
        if values[name] is not None and values[name] < least:
            raise UsageProblem(f"{sources[name]}: {values[name]} is too small, the least is {least}")


def _reject_combinations(flags: Flags) -> None:
    """What was seen has its facts in it: what would be asked of a live server can't change them."""
    if flags.snapshot is not None:
        _reject(flags, "--snapshot", (*OF_A_LIVE_SERVER, "replay"), "a snapshot is judged as it was taken")
    if flags.replay is not None:
        _reject(flags, "--replay", OF_A_LIVE_SERVER, "a record is judged as it was written")
    elif flags.at:
        raise UsageProblem("--at says which moment of a record to judge: name the record with --replay")
    if flags.record is not None:
        _reject(flags, "--record", ("watch", "save"), "a record is written and not shown; --replay judges it")
    elif flags.keep:
        raise UsageProblem("--keep says how much of a record to keep: name its folder with --record")


def _reject(flags: Flags, option: str, others: Sequence[str], why: str) -> None:
    for name in others:
        if getattr(flags, name):
            raise UsageProblem(f"--{name.replace('_', '-')} does not go with {option}: {why}")


def _only_one(requests: Sequence[Request]) -> Request:
    if len(requests) > 1:
        raise UsageProblem("--record keeps the looks at one server: start one for each, with a folder of its own")
    return requests[0]


def _requests(flags: Flags, options: ReportOptions) -> tuple[Request, ...]:
    """What to examine, one for each server."""
    targets = resolve_targets(flags.dsn)
    app = (options.settings.get("app", "pool") if flags.app is None else flags.app) or None  # `--app ""` is none
    numbers = told(flags, options)
    engine, containers = (
        asyncio.run(_engine_and_containers(app, flags, options)) if app or flags.container else (None, ())
    )
    timeout = flags.connect_timeout or options.settings.get("connect-timeout", "pool") or 3.0
    return tuple(
        Request(
            target=target,
            told=numbers,
            engine=engine,
            containers=containers,
            bouncer=resolve_targets((flags.bouncer,))[0] if flags.bouncer else None,
            scan=flags.scan,
            connect_timeout_s=timeout,
            show_query=flags.show_query,
            web_concurrency=os.environ.get("WEB_CONCURRENCY"),
            source=flags.source,
        )
        for target in targets
    )


async def _engine_and_containers(app: str | None, flags: Flags, options: ReportOptions) -> tuple[Any, Any]:
    """Read beside each other: each waits for another process."""
    return await asyncio.gather(
        asyncio.to_thread(_engine, app, flags, options), asyncio.to_thread(_containers, flags.container)
    )


def _engine(app: str | None, flags: Flags, options: ReportOptions) -> Any:
    if app is None:
        return None
    from forge_doctor.probes.application.app_engine import read_engine
    from forge_doctor.probes.application.interpreters import find_interpreter

    interpreter = find_interpreter(app, python=flags.python, variables=os.environ)
    try:
        return read_engine(app, python=interpreter)
    except UsageProblem as problem:
        if flags.app:
            raise
        raise UsageProblem(f"{options.settings.source(None, 'app')}: {problem}") from problem


def _containers(names: tuple[str, ...]) -> Any:
    if not names:
        return ()
    from forge_doctor.probes.docker.containers import find_containers, read_container_processes

    return read_container_processes(find_containers(names))


async def _look_once(requests: Sequence[Request], duration_s: float | None) -> list[PoolSnapshot | CannotInspect]:
    """A snapshot of each server, or why there is none; one that fails does not hold up the others."""
    return await asyncio.gather(*(_look(Examination(request), duration_s) for request in requests))


async def _look(examination: Examination, duration_s: float | None) -> PoolSnapshot | CannotInspect:
    try:
        return await (examination.looks(duration_s) if duration_s else examination.look(is_only=True))
    except CannotInspect as problem:
        return problem
    finally:
        examination.close()


def _reports(
    requests: Sequence[Request],
    looks: Sequence[PoolSnapshot | CannotInspect],
    options: ReportOptions,
    flags: Flags,
) -> list[Report]:
    """A report for each server. Where none could be examined and a person reads, the first problem is raised."""
    problems = [look for look in looks if isinstance(look, CannotInspect)]
    if (
        len(problems) == len(looks)
        and len(looks) == 1
        and options.output_format is OutputFormat.TEXT
        and options.html is None
    ):
        raise problems[0]
    return [_report(request, look, options, flags) for request, look in zip(requests, looks, strict=True)]


def _report(request: Request, look: PoolSnapshot | CannotInspect, options: ReportOptions, flags: Flags) -> Report:
    if isinstance(look, PoolSnapshot):
        return _judge(look, options, flags)
    reason = NotRun(check="pool", reason=str(look))
    return Report(command="pool", subject=request.target.label, not_run=(reason,), headline="Could not be examined.")


def _judge(snapshot: PoolSnapshot, options: ReportOptions, flags: Flags) -> Report:
    drawn = options.html is not None or options.output_format is OutputFormat.HTML
    report = run_pool(snapshot, options.settings, options.select, options.ignore, drawn=drawn)
    scope = _scope(flags, options)
    if not any(scope.values()):
        return report
    from forge_doctor.pool.scope import SessionScope, narrowed

    return narrowed(report, snapshot, SessionScope(**scope))


def _scope(flags: Flags, options: ReportOptions) -> dict[str, tuple[str, ...]]:
    """Whose sessions are told of, by flag, else by the configuration."""

    def chosen(flag: tuple[str, ...], key: str) -> tuple[str, ...]:
        return flag or tuple(options.settings.get(key, "pool") or ())

    return {
        "exclude_apps": chosen(flags.exclude_app, "exclude-app"),
        "only_databases": chosen(flags.only_database, "only-database"),
        "only_users": chosen(flags.only_user, "only-user"),
    }


def _save(path: Path | None, snapshots: Sequence[PoolSnapshot]) -> None:
    if path is not None and snapshots:
        from forge_doctor.pool.record import dump

        write_file(path, dump(tuple(snapshots)), "--save")


async def _watch(requests: Sequence[Request], flags: Flags, options: ReportOptions) -> NoReturn:
    """Look every `--watch` seconds until Ctrl-C or `--duration`; the exit code is the last look's."""
    from forge_doctor.pool.history import History

    examinations = [Examination(request) for request in requests]
    histories = [History() for _ in requests]
    loop = asyncio.get_running_loop()
    deadline = loop.time() + flags.duration if flags.duration else None
    reports: list[Report] = []
    try:
        with print_report(options) as show:
            while deadline is None or loop.time() < deadline:
                looks = await asyncio.gather(*(_watch_look(one) for one in examinations))
                reports = [
                    history.add(look, _judge(look, options, flags))
                    if isinstance(look, PoolSnapshot)
                    else _report(request, look, options, flags)
                    for request, history, look in zip(requests, histories, looks, strict=True)
                ]
                show(reports)
                _save(flags.save, [look for look in looks if isinstance(look, PoolSnapshot)])
                await asyncio.sleep(flags.watch or 1.0)
    except asyncio.CancelledError:  # Ctrl-C ends a watch as it should
        pass
    finally:
        for examination in examinations:
            examination.close()
    if not reports:
        sys.exit(130)
    finish(reports, options)


async def _watch_look(examination: Examination) -> PoolSnapshot | CannotInspect:
    try:
        return await examination.look()
    except CannotInspect as problem:
        return problem
