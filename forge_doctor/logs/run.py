"""One run over logs, from top to bottom: discover the sources, read them, judge what they came to.

What carries a log, where it is worth reading and what its lines mean is the stages' own; nothing here knows a format.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from forge_doctor.dataclass import dataclass, replace
from forge_doctor.errors import UsageProblem
from forge_doctor.finding import NotRun, counted
from forge_doctor.logs.collect import Collected, Progress, Task
from forge_doctor.logs.culprit import Rules
from forge_doctor.logs.parallel import merged
from forge_doctor.logs.problems.summary import Summary
from forge_doctor.logs.problems.telling.report import TriageOptions, triage
from forge_doctor.logs.scan.wanted import wanted_lines
from forge_doctor.report import Report, Table
from forge_doctor.streams.sources.files import CHECK, Source, is_url
from forge_doctor.streams.sources.find import attempt, find_sources


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What to read and how.

    `words` name containers, files, directories, URLs, or - for standard input; `since` and `until` are seconds since
    the epoch; `tail` lines of each log; `engine` and `dask` as their flags; `jobs` processes at most;
    `strip` is the expression for what stands before a program's lines.
    """

    words: tuple[str, ...]
    rules: Rules
    shown: TriageOptions
    since: float | None = None
    until: float | None = None
    tail: int | None = None
    engine: str = ""
    dask: str = ""
    jobs: int = 1
    strip: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What was found to read, and what could not even be found; `engine` is the one that searches."""

    request: Request
    tasks: tuple[Task, ...]
    missing: tuple[NotRun, ...]
    engine: str

    @property
    def subject(self) -> str:
        """What the report is about."""
        return ", ".join("standard input" if word == "-" else word for word in self.request.words)


def discover(request: Request) -> Plan:
    """The sources in the order they were named, and those that could not be found; raises `UsageProblem`."""
    engine = wanted_lines(request.engine).engine.name
    sources, missing = _find_sources(request)
    tasks = (
        Task(
            source=source,
            rules=request.rules,
            engine=engine,
            since=request.since,
            until=request.until,
            tail=request.tail,
            strip=request.strip,
        )
        for source in sources
    )
    return Plan(request=request, tasks=tuple(tasks), missing=missing, engine=engine)


def read(plan: Plan, told: Progress) -> tuple[Collected, ...]:
    """What every source came to."""
    if plan.request.dask:
        from forge_doctor.logs.fleet import collect_on_cluster

        return tuple(collect_on_cluster(plan.tasks, plan.request.dask, told))
    from forge_doctor.logs.parallel import collect_all

    return tuple(collect_all(plan.tasks, plan.request.jobs, told))


def judge(plan: Plan, parts: Sequence[Collected]) -> Report:
    """The triage of all that was read, with how each source was read."""
    unread = tuple(NotRun(check=CHECK, reason=part.problem) for part in parts if part.problem)
    report = triage(merged(parts), plan.subject, plan.request.shown, (*plan.missing, *unread))
    rows = tuple((part.name, part.way, _lines(part.summary), part.summary.bytes) for part in parts if part.way)
    long_lines = sum(part.long_lines for part in parts)
    note = f"searched with {plan.engine}" + (f"; {counted(long_lines, 'line')} over 256 KB cut" if long_lines else "")
    table = Table(title="Sources", columns=("source", "read as", "lines", "bytes"), rows=rows, note=note)
    return replace(report, tables=(*report.tables, table)) if rows else report


def _lines(summary: Summary) -> int | str:
    return f"about {summary.told_lines}" if summary.about else summary.lines


def _find_sources(request: Request) -> tuple[tuple[Source, ...], tuple[NotRun, ...]]:
    words = request.words
    urls = [word for word in words if is_url(word) and (request.dask or not word.startswith("file:"))]
    if request.dask and "" not in words and len(urls) < len(set(words)):
        raise UsageProblem("--dask: is for s3://, gs:// and file:// URLs, which every worker can read")
    found, missing = find_sources(
        [word for word in words if word not in urls], since=request.since, until=request.until, tail=request.tail
    )
    for url in dict.fromkeys(urls):
        found += attempt(partial(_objects, url), missing)
    return tuple(found), tuple(missing)


def _objects(url: str) -> Sequence[Source]:
    """The objects that a URL names."""
    from forge_doctor.logs.fleet import find_objects

    return find_objects([url])
