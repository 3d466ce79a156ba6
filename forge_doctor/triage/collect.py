"""Looks at a case from every side at once; a part that fails says why, and the others go on."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import datetime
from typing import Any

from forge_doctor.dataclass import replace
from forge_doctor.errors import ForgeDoctorError
from forge_doctor.finding import NotRun
from forge_doctor.pool.run import run_pool
from forge_doctor.pool.snapshot import Number, PoolSnapshot
from forge_doctor.probes.clock import utc_now
from forge_doctor.report import Report
from forge_doctor.settings import Settings
from forge_doctor.triage.begin import Begun, begin
from forge_doctor.triage.code_map import CodeMap
from forge_doctor.triage.facts import Case, Discovery, Facts, Part
from forge_doctor.triage.looks import Looks
from forge_doctor.triage.readers import Crashed, Readers


def collect(found: Discovery, looks: Looks, settings: Settings, readers: Readers) -> tuple[Facts, ...]:
    """What the parts say of each case."""
    with ExitStack() as stack:
        beside = stack.enter_context(ThreadPoolExecutor(max_workers=8 * len(found.cases)))
        # Before the threads are waited for: an interrupted triage waits for nobody's answer.
        stack.callback(readers.close)
        running = [tuple(begin(case, looks, settings, readers, beside)) for case in found.cases]
        return tuple(_facts(case, parts, looks, settings) for case, parts in zip(found.cases, running, strict=True))


def _facts(case: Case, running: tuple[Begun, ...], looks: Looks, settings: Settings) -> Facts:
    parts: list[Part] = []
    snapshot: PoolSnapshot | None = None
    code = CodeMap()
    for one in running:
        result, part = _result(one)
        if isinstance(result, CodeMap):
            code = code.with_more(result)
            continue
        if isinstance(result, PoolSnapshot):
            snapshot = result
        elif isinstance(result, Report):
            part = replace(part, report=result)
        parts.append(part)
    if snapshot is not None:
        snapshot = _with_numbers(snapshot, (one.report for one in parts if one.name == "logs"))
        report = run_pool(snapshot, settings)
        parts = [replace(one, report=report) if one.name == "pool" else one for one in parts]
    return Facts(
        case=case,
        taken_at=_taken_at(snapshot),
        parts=tuple(parts),
        pool=snapshot,
        server_ahead_s=_ahead_s(snapshot) if looks.recorded is None else None,
        since_s=looks.since_s,
        code=code,
    )


def _result(one: Begun) -> tuple[Any, Part]:
    """What it came to, and the part; of one that failed why."""
    error = one.future.exception()
    if error is None:
        result, seconds = one.future.result()
        return result, Part(name=one.name, application=one.application, seconds=seconds)
    if not isinstance(error, Exception):
        raise error
    told = NotRun(check=one.name, reason=str(error))
    if not isinstance(error, ForgeDoctorError):
        what = str(error) if isinstance(error, Crashed) else f"{type(error).__name__}: {error}"
        told = NotRun(check=one.name, reason=f"crashed: {what}", crashed=True)
    return None, Part(name=one.name, application=one.application, why_not=told)


def _with_numbers(snapshot: PoolSnapshot, logs: Iterable[Report | None]) -> PoolSnapshot:
    """What the log says of the pool's size, where nothing else told it."""
    application = snapshot.application
    if not application.sizes_assumed:
        return snapshot
    for problem in (one for report in logs if report is not None for one in report.data.get("problems", ())):
        numbers = problem["numbers"]
        sizes = numbers.get("pool_size"), numbers.get("overflow")
        if all(sizes) and problem["signature"] == "pool-timeout":
            source = "the log's QueuePool limit"
            size, overflow = (Number(value=int(max(each)), source=source) for each in sizes)
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
