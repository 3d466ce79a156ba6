"""Looks at a case from every side at once; a part that fails says why, and the others go on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from forge_doctor.errors import CannotInspect, ForgeDoctorError
from forge_doctor.finding import NotRun
from forge_doctor.pool.run import run_pool
from forge_doctor.pool.snapshot import Number, PoolSnapshot
from forge_doctor.probes.clock import ticking_s, utc_now
from forge_doctor.probes.deployment.time_zone import offset_s
from forge_doctor.probes.deployment.variables import read_variables
from forge_doctor.report import Report
from forge_doctor.settings import Settings
from forge_doctor.triage.code_map import CodeMap
from forge_doctor.triage.facts import Application, Case, Discovery, Facts, Part
from forge_doctor.triage.parts import functions, lint, logs, schema, sessions, statements
from forge_doctor.worker_processes import pool_context

# Long enough to see what runs now, and shorter than what reads the source.
SLOW_LOOK_S = 0.8
# Of a log so many lines at its end: half an hour of all but the busiest, and read in a second or two.
MOST_LINES = 500_000
LARGE_BYTES = 48 << 20
NOT_RECORDED = NotRun(
    check="slow",
    reason="a record holds sessions and locks: what statements cost and where migrations stood is not in it",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A look of a flight record: the sessions of then, instead of a look at the server of now."""

    snapshot: PoolSnapshot
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Looks:
    """How to look: `now` is seconds since the epoch by our clock; `duration_s` spreads several looks at the server over
    so long; of each log the last `lines` are read."""

    now: float
    since_s: float = 1800.0
    duration_s: float = 0.0
    connect_timeout_s: float = 3.0
    show_query: bool = True
    cache: Path | None = None
    lines: int | None = MOST_LINES
    recorded: Recorded | None = None

    @property
    def until(self) -> float:
        """The moment that is diagnosed, in seconds since the epoch."""
        return self.recorded.at if self.recorded is not None else self.now


@dataclass(frozen=True, slots=True, kw_only=True)
class _Running:
    """A part that is being looked at."""

    name: str
    future: Future[Any]
    application: str = ""


def collect(found: Discovery, looks: Looks, settings: Settings) -> tuple[Facts, ...]:
    """What the parts say of each case."""
    with ExitStack() as stack:
        # Reading source and logs takes the interpreter for itself: in processes of their own, begun before any thread.
        apart = stack.enter_context(ProcessPoolExecutor(max_workers=2, mp_context=pool_context()))
        beside = stack.enter_context(ThreadPoolExecutor(max_workers=4 * len(found.cases)))
        running = [tuple(_begin(case, looks, settings, apart, beside)) for case in found.cases]
        return tuple(_facts(case, parts, looks, settings) for case, parts in zip(found.cases, running, strict=True))


def _begin(
    case: Case, looks: Looks, settings: Settings, apart: ProcessPoolExecutor, beside: ThreadPoolExecutor
) -> Iterator[_Running]:
    for one in case.applications:
        wanted = lint.Wanted(source=one.source, application=one.name, cache=looks.cache)
        yield _Running(name="lint", future=apart.submit(_timed, lint.look, wanted), application=one.name)
        yield _Running(name="functions", future=apart.submit(_timed, functions.look, wanted), application=one.name)
    for name, wanted_logs in _wanted_logs(case, looks):
        yield _Running(name="logs", future=apart.submit(_timed, logs.look, wanted_logs), application=name)
    if looks.recorded is not None:
        yield _Running(name="pool", future=beside.submit(_timed, lambda: looks.recorded and looks.recorded.snapshot))
        return
    timeout_s, shown = looks.connect_timeout_s, looks.show_query
    sessions_look = beside.submit(
        _timed, sessions.look, case, duration_s=looks.duration_s, connect_timeout_s=timeout_s, show_query=shown
    )
    yield _Running(name="pool", future=sessions_look)

    def then(look: Callable[..., Any], **named: Any) -> Future[Any]:
        return beside.submit(_after, sessions_look, look, case, settings, connect_timeout_s=timeout_s, **named)

    costs = then(statements.look, duration_s=looks.duration_s or SLOW_LOOK_S, show_query=shown)
    yield _Running(name="slow", future=costs)
    yield _Running(name="migrations", future=then(schema.look))


def _after(first: Future[Any], look: Callable[..., Any], *arguments: Any, **named: Any) -> tuple[Any, float]:
    """A look that takes a slot of the server only once the sessions are seen, and where there is one to spare."""
    error = first.exception()
    if error is not None:
        raise CannotInspect(f"not asked after the look at the sessions failed: {error}")
    snapshot: PoolSnapshot = first.result()[0]
    if snapshot.server is None:
        raise CannotInspect("not asked: the server had no slot left, and gave no session")
    return _timed(look, *arguments, **named)


def _timed(run: Callable[..., Any], *arguments: Any, **named: Any) -> tuple[Any, float]:
    began = ticking_s()
    return run(*arguments, **named), ticking_s() - began


def _wanted_logs(case: Case, looks: Looks) -> Iterator[tuple[str, logs.Wanted]]:
    """All logs at once where they tell the time in one zone: then what followed what is known across them."""
    zones: dict[float, list[Application]] = {}
    for one in case.applications:
        zones.setdefault(_zone_s(one), []).append(one)
    first = min(zones, default=0.0)
    for zone_s, applications in zones.items() or ((0.0, []),):
        own = [log for one in applications for log in one.logs]
        own += case.server_logs if zone_s == first else ()
        name = applications[0].name if len(zones) > 1 else ""
        yield (
            name,
            logs.Wanted(
                logs=tuple({log.word: log for log in own}.values()),
                app_roots=tuple(root for one in applications for root in _app_roots(one)),
                zone_s=zone_s,
                since=looks.until - looks.since_s,
                until=looks.recorded.at + 1.0 if looks.recorded else None,
                now=looks.now,
                tail=looks.lines,
            ),
        )


def _zone_s(one: Application) -> float:
    pid = next(iter(sorted(one.pids)), None)
    return offset_s(pid, read_variables(pid) or {}) if pid is not None else 0.0


def _app_roots(one: Application) -> Iterator[str]:
    """Folders whose lines are the application's own, also where it is installed among its libraries."""
    if one.source is None:
        return
    package = one.name.partition(":")[0].partition(".")[0]
    for root in (one.source.seen, str(one.source.here), *one.source.others):
        installed = "site-packages" in root or "dist-packages" in root
        yield f"{root.rstrip('/')}/{package}" if installed and package else root


def _facts(case: Case, running: tuple[_Running, ...], looks: Looks, settings: Settings) -> Facts:
    parts: list[Part] = []
    snapshot: PoolSnapshot | None = None
    problems: list[Any] = []
    code = CodeMap()
    for one in running:
        result, part = _result(one)
        if isinstance(result, CodeMap):
            code = code.with_more(result)
            continue
        if isinstance(result, PoolSnapshot):
            snapshot = result
        elif isinstance(result, logs.Read):
            problems += result.problems
            part = replace(part, report=result.report)
        elif isinstance(result, Report):
            part = replace(part, report=result)
        parts.append(part)
    if snapshot is not None:
        snapshot = _with_numbers(snapshot, problems)
        report = run_pool(snapshot, settings)
        parts = [replace(one, report=report) if one.name == "pool" else one for one in parts]
    return Facts(
        case=case,
        taken_at=_taken_at(snapshot),
        parts=tuple(parts),
        pool=snapshot,
        problems=tuple(problems),
        server_ahead_s=_ahead_s(snapshot) if looks.recorded is None else None,
        since_s=looks.since_s,
        code=code,
    )


def _result(one: _Running) -> tuple[Any, Part]:
    """What it came to, and the part; of one that failed why."""
    error = one.future.exception()
    if error is None:
        result, seconds = one.future.result()
        return result, Part(name=one.name, application=one.application, seconds=seconds)
    if not isinstance(error, Exception):
        raise error
    expected = isinstance(error, ForgeDoctorError)
    reason = str(error) if expected else f"crashed: {type(error).__name__}: {error}"
    told = NotRun(check=one.name, reason=reason, crashed=not expected)
    return None, Part(name=one.name, application=one.application, why_not=told)


def _with_numbers(snapshot: PoolSnapshot, problems: list[Any]) -> PoolSnapshot:
    """What the log says of the pool's size, where nothing else told it."""
    application = snapshot.application
    if not application.sizes_assumed:
        return snapshot
    for one in problems:
        sizes = one.group.numbers.get("pool_size"), one.group.numbers.get("overflow")
        if all(sizes) and one.group.signature == "pool-timeout":
            source = "the log's QueuePool limit"
            size, overflow = (Number(value=int(max(each)), source=source) for each in sizes if each)
            return replace(snapshot, application=replace(application, pool_size=size, max_overflow=overflow))
    return snapshot


def _taken_at(snapshot: PoolSnapshot | None) -> str:
    if snapshot is None:
        return utc_now()
    return snapshot.server.clock if snapshot.server and snapshot.server.clock else snapshot.taken_at


def _ahead_s(snapshot: PoolSnapshot | None) -> float | None:
    """How far the server's clock is ahead of ours, to the second our own look is known to."""
    if snapshot is None or snapshot.server is None or not snapshot.server.clock:
        return None
    ahead = datetime.fromisoformat(snapshot.server.clock) - datetime.fromisoformat(snapshot.taken_at)
    return round(ahead.total_seconds(), 1)
