"""One run of `forge-doctor logs`: finds the sources, reads or follows them, hands over the triage."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, NoReturn, TypeVar

from forge_doctor.cli.logs_progress import Progress
from forge_doctor.cli.output import deliver, print_report, render_options
from forge_doctor.cli.report_options import ReportOptions
from forge_doctor.errors import CannotInspect, UsageProblem
from forge_doctor.finding import NotRun
from forge_doctor.logs.collect import Collected, Task, Within
from forge_doctor.logs.culprit import Rules
from forge_doctor.logs.follow import Followed, FollowLoop
from forge_doctor.logs.parallel import merged
from forge_doctor.logs.reader import Reader
from forge_doctor.logs.problems.report import By, TriageOptions, triage
from forge_doctor.logs.scan.wanted import wanted_lines
from forge_doctor.logs.sources.containers import ContainerSource
from forge_doctor.logs.sources.files import CHECK, Source, StdinSource, find_files, is_path, is_url
from forge_doctor.logs.sources.moment import parse_moment, parse_zone
from forge_doctor.render import OutputFormat
from forge_doctor.report import Report, Table

REFRESH_S = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Flags:
    """The command's own flags, as typed."""

    sources: tuple[str, ...]
    since: str | None = None
    until: str | None = None
    tail: int | None = None
    follow: bool = False
    by: str | None = None
    top: int | None = None
    example: bool = False
    min_count: int | None = None
    app_root: tuple[str, ...] = ()
    zone: str | None = None
    jobs: int | None = None
    engine: str | None = None
    dask: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to read and how, and what could not even be found."""

    tasks: tuple[Task, ...]
    missing: tuple[NotRun, ...]
    shown: TriageOptions
    subject: str
    engine: str


def run(flags: Flags, options: ReportOptions) -> NoReturn:
    """Read, or follow, what was named; print the triage and exit."""
    planned = plan(flags, options)
    if flags.follow:
        follow(planned, flags, options)
    with Progress(planned.tasks) as progress:
        parts = tuple(collected(planned, flags, options, progress.told))
    deliver([judged(planned, parts)], options)


def plan(flags: Flags, options: ReportOptions) -> Plan:
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
    sources, missing = find_sources(flags, since, until)
    rules = Rules(
        app_roots=tuple(choose(flags.app_root, "app-root", ())),
        zone_s=parse_zone(choose(flags.zone, "zone")),
        reference=now,
    )
    engine = wanted_lines(choose(flags.engine, "engine", "")).engine.name
    return Plan(
        tasks=tuple(
            Task(source=source, rules=rules, engine=engine, since=since, until=until, tail=flags.tail)
            for source in sources
        ),
        missing=missing,
        shown=TriageOptions(
            by=chosen_view(choose(flags.by, "by", "signature")),
            top=choose(flags.top, "top"),
            only=options.select,
            ignore=options.ignore,
            min_count=choose(flags.min_count, "min-count", 1),
            example=flags.example,
        ),
        subject=", ".join(flags.sources) or "standard input",
        engine=engine,
    )


def chosen_view(word: str) -> By:
    """The overview's rows; raises `UsageProblem`."""
    try:
        return By(word.lower())
    except ValueError:
        raise UsageProblem(f"--by {word}: choose signature, culprit or source") from None


def find_sources(
    flags: Flags, since: float | None, until: float | None
) -> tuple[tuple[Source, ...], tuple[NotRun, ...]]:
    """The sources in the order they were named, and those that could not be found."""
    words = flags.sources or (() if sys.stdin.isatty() else ("-",))
    if not words:
        raise UsageProblem("nothing to read: name a container, a file, a directory, or - for standard input")
    if "" in words:
        raise UsageProblem("a source without a name: an empty variable, perhaps; write . for this folder")
    found: list[Source] = []
    missing: list[NotRun] = []
    urls = [word for word in words if is_url(word) and (flags.dask or not word.startswith("file:"))]
    files, absent = find_files(word for word in words if word not in urls and word != "-" and is_path(word))
    found += [*files, *([StdinSource()] if "-" in words else [])]
    missing += absent
    if flags.dask and len(urls) < len(set(words)):
        raise UsageProblem("--dask: is for s3://, gs:// and file:// URLs, which every worker can read")
    for word in (word for word in words if word not in urls and word != "-" and not is_path(word)):
        named = attempt(partial(containers, word, since, until, flags.tail), missing)
        found += [one for one in named if one not in found]
    for url in dict.fromkeys(urls):
        found += attempt(partial(objects, url), missing)
    return tuple(found), tuple(missing)


Found = TypeVar("Found")


def attempt(find: Callable[[], Sequence[Found]], missing: list[NotRun]) -> Sequence[Found]:
    """What was found; why nothing was, if so, goes to `missing`."""
    try:
        return find()
    except CannotInspect as problem:
        missing.append(NotRun(check=CHECK, reason=str(problem)))
        return ()


def containers(word: str, since: float | None, until: float | None, tail: int | None) -> list[Source]:
    """The logs of the containers that a word names."""
    from forge_doctor.probes.docker.container_logs import find_container_logs

    return [ContainerSource(log=log, since=since, until=until, tail=tail) for log in find_container_logs(word)]


def objects(url: str) -> Sequence[Source]:
    """The objects that a URL names."""
    from forge_doctor.logs.fleet import find_objects

    return find_objects([url])


def collected(
    planned: Plan, flags: Flags, options: ReportOptions, told: Callable[[str, int, int], None]
) -> Sequence[Collected]:
    """What every source came to."""
    if flags.dask:
        from forge_doctor.logs.fleet import collect_on_cluster

        return tuple(collect_on_cluster(planned.tasks, flags.dask, told))
    from forge_doctor.logs.parallel import collect_all

    processes = flags.jobs or options.settings.get("jobs", "logs") or len(os.sched_getaffinity(0))
    return tuple(collect_all(planned.tasks, processes, told))


def judged(planned: Plan, parts: Sequence[Collected]) -> Report:
    """The triage of all that was read, with how each source was read."""
    unread = tuple(NotRun(check=CHECK, reason=part.problem) for part in parts if part.problem)
    report = triage(merged(parts), planned.subject, planned.shown, (*planned.missing, *unread))
    rows = tuple((part.name, part.way, part.summary.lines, part.summary.bytes) for part in parts if part.way)
    long_lines = sum(part.long_lines for part in parts)
    note = f"searched with {planned.engine}" + (f"; {long_lines} lines over 256 KB were cut" if long_lines else "")
    table = Table(title="Sources", columns=("source", "read as", "lines", "bytes"), rows=rows, note=note)
    return replace(report, tables=(*report.tables, table)) if rows else report


def follow(planned: Plan, flags: Flags, options: ReportOptions) -> NoReturn:
    """Read on as the logs grow, on a live screen where there is a terminal, until Ctrl-C or their end."""
    logs: list[Followed] = []
    missing = list(planned.missing)
    for task in planned.tasks:
        logs += attempt(partial(_one_followed, task, flags.tail), missing)
    wanted = wanted_lines(planned.engine)
    readers = {log.name: new_reader(log.name, planned.tasks[0]) for log in logs}
    ways = {task.source.name: task.source.way for task in planned.tasks}
    loop = FollowLoop(logs, wanted, time.sleep)

    def report() -> Report:
        summaries = [reader.summary for reader in readers.values()]
        parts = [
            Collected(
                name=scanner.source,
                way=f"{ways[scanner.source]}, followed",
                summary=summary.with_inspected(lines=scanner.read_lines, bytes=scanner.read_bytes),
            )
            for summary, scanner in zip(summaries, loop.scanners, strict=True)
        ]
        broken = [NotRun(check=CHECK, reason=problem) for problem in loop.problems]
        return judged(replace(planned, missing=(*missing, *broken)), parts)

    try:
        watch(loop, readers, report, options)
    except KeyboardInterrupt:
        for region in loop.finish():
            readers[region.source].feed(region)
    for reader in readers.values():
        reader.finish()
    deliver([report()], options)


def _one_followed(task: Task, tail: int | None) -> Sequence[Followed]:
    from forge_doctor.logs.followed import followed

    return (followed(task.source, tail),)


def new_reader(name: str, task: Task) -> Reader:
    """A reader that counts only what is wanted."""
    reader = Reader(name, task.rules)
    reader.summary = Within(since=task.since, until=task.until)
    return reader


def watch(loop: FollowLoop, readers: dict[str, Reader], report: Callable[[], Report], options: ReportOptions) -> None:
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
