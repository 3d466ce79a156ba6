"""One run of `forge-doctor logs`: finds the sources, reads or follows them, hands over the triage."""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from forge_doctor.cli.flags.logs import Flags
from forge_doctor.cli.output import deliver, print_report, refuse_inputs, render_options
from forge_doctor.cli.report_options import ReportOptions
from forge_doctor.cli.sessions.cache_folder import cache_folder_name
from forge_doctor.cli.sessions.logs_progress import Progress
from forge_doctor.cli.shell.reader import wait_while_read
from forge_doctor.dataclass import replace
from forge_doctor.errors import UsageProblem
from forge_doctor.finding import NotRun
from forge_doctor.kept_results.kept_expressions import keep_expressions_in
from forge_doctor.logs.carried import Carried
from forge_doctor.logs.collect import Collected, Task, Within
from forge_doctor.logs.culprit import Rules
from forge_doctor.logs.problems.problem import chosen_ids
from forge_doctor.logs.problems.telling.report import By, TriageOptions
from forge_doctor.logs.reader import Reader
from forge_doctor.logs.run import Plan, Request, discover, judge, read
from forge_doctor.logs.scan.kept_database import keep_in
from forge_doctor.logs.scan.wanted import Wanted, wanted_lines
from forge_doctor.logs.signature import load_signatures
from forge_doctor.redaction.held import hold_url
from forge_doctor.render import OutputFormat
from forge_doctor.report import Report
from forge_doctor.streams.sources.files import CHECK, FileSource
from forge_doctor.streams.sources.find import attempt
from forge_doctor.streams.sources.moment import parse_moment, parse_zone

if TYPE_CHECKING:
    from forge_doctor.logs.follow import Followed, FollowLoop, ReadFiles

REFRESH_S = 1.0


def run(flags: Flags, options: ReportOptions) -> NoReturn:
    """Read, or follow, what was named; print the triage and exit."""
    kept = cache_folder_name("logs")
    keep_in(kept)
    keep_expressions_in(kept)
    plan = discover(requested(flags, options))
    read_files = (path for task in plan.tasks if isinstance(task.source, FileSource) for path in task.source.paths)
    refuse_inputs(options.outputs, (*read_files, *_configuration(options)))
    if flags.follow:
        follow(plan, flags, options)
    with Progress(plan.tasks) as progress:
        parts = read(plan, progress.told)
    report = judge(plan, parts)
    if options.output_format.carries_rules:
        known, chosen = load_signatures(), chosen_ids(plan.request.shown)
        report = replace(report, rules={name: one.about for name, one in known.items() if name in chosen})
    deliver([report], options)


def _configuration(options: ReportOptions) -> tuple[Path, ...]:
    return (options.settings.path,) if options.settings.path is not None else ()


def requested(flags: Flags, options: ReportOptions) -> Request:
    """Join flags and configuration; raises `UsageProblem` for a word or a combination it does not know."""

    def choose(flag: Any, key: str, default: Any = None) -> Any:
        configured = options.settings.get(key, "logs")
        return flag or (default if configured is None else configured)

    now = time.time()
    since = parse_moment(flags.since, now, "--since") if flags.since else None
    until = parse_moment(flags.until, now, "--until") if flags.until else None
    if since is not None and until is not None and since >= until:
        raise UsageProblem(f"--since {flags.since} is not before --until {flags.until}")
    if flags.follow and until is not None:
        raise UsageProblem("--until does not go with --follow, which ends with Ctrl-C")
    return Request(
        words=named(flags),
        rules=Rules(
            app_roots=tuple(choose(flags.app_root, "app-root", ())),
            zone_s=parse_zone(choose(flags.zone, "zone"), options.settings.source(flags.zone, "zone")),
            reference=now,
        ),
        since=since,
        until=until,
        tail=flags.tail,
        engine=choose(flags.engine, "engine", ""),
        strip=expression(choose(flags.strip, "strip", ""), options.settings.source(flags.strip, "strip")),
        dask=flags.dask or "",
        jobs=choose(flags.jobs, "jobs") or len(os.sched_getaffinity(0)),
        shown=TriageOptions(
            by=chosen_view(choose(flags.by, "by", "signature")),
            top=choose(flags.top, "top"),
            only=options.select,
            ignore=options.ignore,
            min_count=choose(flags.min_count, "min-count", 1),
            example=flags.example,
        ),
    )


def named(flags: Flags) -> tuple[str, ...]:
    """The sources as typed, or standard input where something is piped into it; raises `UsageProblem`."""
    words = flags.source or (() if sys.stdin.isatty() else ("-",))
    if not words:
        raise UsageProblem("nothing to read: name a container, a file, a directory, or - for standard input")
    for word in words:
        hold_url(word)
    return words


def expression(text: str, option: str = "--strip") -> str:
    """A regular expression as typed; raises `UsageProblem` where it is none, or matches nothing."""
    try:
        re.compile(text.encode())
    except re.error as error:
        raise UsageProblem(f"{option} {text}: is no regular expression: {error}") from None
    return text


def chosen_view(word: str) -> By:
    """The overview's rows; raises `UsageProblem`."""
    try:
        return By(word.lower())
    except ValueError:
        raise UsageProblem(f"--by {word}: choose signature, culprit or source") from None


def follow(plan: Plan, flags: Flags, options: ReportOptions) -> NoReturn:
    """Read on as the logs grow, on a live screen where there is a terminal, until Ctrl-C or their end."""
    from forge_doctor.logs.follow import FollowLoop, ReadFiles

    logs: list[Followed] = []
    read = ReadFiles()
    missing = list(plan.missing)
    for task in plan.tasks:
        logs += attempt(partial(_one_followed, task, flags.tail, read), missing)
    wanted = wanted_lines(plan.engine)
    readers = {log.name: new_reader(log.name, plan.tasks[0], wanted) for log in logs}
    ways = {task.source.name: task.source.way for task in plan.tasks}
    loop = FollowLoop(logs, wanted, time.sleep if options.output_file else wait_while_read)

    def report() -> Report:
        parts = [
            Collected(
                name=scanner.source,
                way="; ".join(filter(None, (f"{ways[scanner.source]}, followed", reader.said))),
                summary=reader.summary.with_inspected(
                    lines=scanner.read_lines, bytes=scanner.read_bytes, about=scanner.is_estimate
                ),
                problem=reader.unread,
            )
            for reader, scanner in zip(readers.values(), loop.scanners, strict=True)
        ]
        broken = [NotRun(check=CHECK, reason=problem) for problem in loop.problems]
        return judge(replace(plan, missing=(*missing, *broken)), parts)

    try:
        watch(loop, readers, report, options)
    except KeyboardInterrupt:
        for region in loop.finish():
            readers[region.source].feed(region)
    for reader in readers.values():
        reader.finish()
    deliver([report()], options)


def _one_followed(task: Task, tail: int | None, read: ReadFiles) -> Sequence[Followed]:
    from forge_doctor.logs.followed import followed

    return (followed(task.source, tail, read),)


def new_reader(name: str, task: Task, wanted: Wanted) -> Carried:
    """A reader that counts only what is wanted."""
    reader = Reader(name, task.rules)
    reader.summary = Within(since=task.since, until=task.until)
    return Carried(reader, wanted, task.rules, task.strip)


def watch(loop: FollowLoop, readers: dict[str, Carried], report: Callable[[], Report], options: ReportOptions) -> None:
    """Feed the readers; redraw the screen every second where there is one."""
    settings = render_options(options)
    if not (settings.terminal and options.output_format is OutputFormat.TEXT):
        for region in loop.regions():
            if region is not None:
                readers[region.source].feed(region)
        return
    # What changes is how often and how recently: the places to mend fill more than a screen.
    with print_report(options, tables_only=True) as show:
        shown = 0.0
        show([report()])
        for region in loop.regions():
            if region is not None:
                readers[region.source].feed(region)
            if time.monotonic() - shown > REFRESH_S:
                show([report()])
                shown = time.monotonic()
