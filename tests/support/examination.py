"""Examines a real server as `forge-doctor pool` does, with limits short enough for a test."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Callable, Mapping
from typing import Any

from forge_doctor.finding import Finding
from forge_doctor.pool.collect import Examination, Request
from forge_doctor.pool.run import run_pool
from forge_doctor.pool.snapshot import PoolSnapshot
from forge_doctor.pool.topology import Told
from forge_doctor.probes.postgres.dsn import resolve_targets
from forge_doctor.report import Report
from forge_doctor.settings import Settings
from tests.support.postgres import FreshDatabase, PostgresServer

Limits = Mapping[str, Mapping[str, float]]


async def look(dsn: str, *, duration_s: float = 0, told: Told | None = None, **request: Any) -> PoolSnapshot:
    """A snapshot of the server at `dsn`, which may be slow to answer: unless told otherwise, it is waited for longer than by
    the command."""
    target = resolve_targets((dsn,))[0]
    examination = Examination(Request(target=target, told=told or Told(), **{"connect_timeout_s": 10.0, **request}))
    try:
        return await (examination.looks(duration_s) if duration_s else examination.look())
    finally:
        examination.close()


def judge(snapshot: PoolSnapshot, limits: Limits | None = None) -> Report:
    """The report on a snapshot with every check, some of their limits changed."""
    return run_pool(snapshot, Settings(limits=limits or {}))


async def examine(dsn: str, limits: Limits | None = None, **options: Any) -> Report:
    """Look and judge."""
    return judge(await look(dsn, **options), limits)


def of(report: Report, check: str) -> tuple[Finding, ...]:
    """The findings of one check."""
    return tuple(found for found in report.findings if found.check == check)


def one(report: Report, check: str) -> Finding:
    """The only finding of one check."""
    found = of(report, check)
    assert len(found) == 1, (found, report.findings, report.not_run)
    return found[0]


def sessions_where(database: FreshDatabase | PostgresServer, condition: str) -> int:
    """How many client sessions of the server are in that state, asked of the server itself."""
    rows = f"SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND ({condition})"
    return int(database.sql(rows))


def shown_by(found: Finding) -> dict[str, str]:
    """What a cause has taken in: by check, the fact it told."""
    return {one.check: one.message for one in found.related}


async def until(ready: Callable[[], Any], seconds: float = 60.0) -> None:
    """Wait until `ready()` is true; fail the test where it never is."""
    for _ in range(int(seconds / 0.05)):
        if ready():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("the service did not come into the state the test needs")


def run_line(command: str) -> int:
    """The exit code of a line that was printed to be typed at a shell."""
    return subprocess.run(["sh", "-c", command], check=False, stderr=subprocess.DEVNULL).returncode


def is_old_enough_to_end(pid: int) -> bool:
    """Whether the line that ends a process does so: it spares what may have begun after the look, in whole seconds."""
    line = ("ps", "-o", "etimes=", "-p", str(pid))
    return int(subprocess.run(line, capture_output=True, text=True, check=True).stdout) >= 2
