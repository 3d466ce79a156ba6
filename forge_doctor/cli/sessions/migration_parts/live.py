"""The part of `forge-doctor migrations` that looks at a database: where it stands, what is pending, drift."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path

from forge_doctor.cli.output import say
from forge_doctor.dataclass import dataclass
from forge_doctor.errors import CannotInspect, UsageProblem
from forge_doctor.finding import NotRun
from forge_doctor.migrations.drift.collect import DriftRequest, collect_drift
from forge_doctor.migrations.drift.run import run_drift
from forge_doctor.migrations.history import History
from forge_doctor.migrations.live.collect import LiveRequest, collect_live
from forge_doctor.migrations.live.record import load
from forge_doctor.migrations.live.run import all_checks, judge_live
from forge_doctor.migrations.live.situation import Situation
from forge_doctor.migrations.live.snapshot import LiveSnapshot
from forge_doctor.probes.application.interpreters import python_at_hand
from forge_doctor.probes.postgres.dsn import URL_VARIABLES, resolve_targets
from forge_doctor.probes.postgres.target import Target
from forge_doctor.report import Report
from forge_doctor.settings import Settings

CONNECT_TIMEOUT_S = 3.0


@dataclass(frozen=True, slots=True)
class Live:
    """A database that was looked at once, or why it could not be; `target` is None where a file tells of an earlier look."""

    target: Target | None
    snapshot: LiveSnapshot | None = None
    problem: str = ""

    @property
    def label(self) -> str:
        """The database as reports name it."""
        return self.target.label if self.target is not None else self.snapshot.target if self.snapshot else ""

    def pending_of(self, history: History) -> frozenset[str] | None:
        """The revisions of a tree that this database lacks; None where that cannot be told."""
        if self.snapshot is None:
            return None
        (placement,) = Situation(self.snapshot, [history]).placements or (None,)
        if placement is None or placement.unknown or not placement.is_readable:
            return None
        return frozenset(change.revision.id for change in placement.pending)

    def report(self, histories: Sequence[History], settings: Settings, checks: Sequence[str]) -> Report:
        """What these checks say of it."""
        if self.snapshot is None:
            return _unseen(self.label, self.problem)
        chosen = tuple(check for check in all_checks() if check.id in checks)
        return judge_live(Situation(self.snapshot, histories), chosen, settings)


def look(dsn: str | None, timeout_s: float | None) -> Live | None:
    """The database of `--dsn`, else of the environment, looked at; None where neither names one.

    One that only the environment names and that cannot be looked at is said and left out: it may be for something else.
    """
    named = next((name for name in URL_VARIABLES if os.environ.get(name, "").strip()), None)
    if dsn is None and named is None:
        return None
    try:
        target = resolve_targets((dsn,) if dsn else ())[0]
        live = Live(
            target,
            asyncio.run(collect_live(LiveRequest(target=target, connect_timeout_s=timeout_s or CONNECT_TIMEOUT_S))),
        )
    except (CannotInspect, UsageProblem) as problem:
        if dsn is None:
            say(f"the database of {named} was left out: {problem}")
            return None
        if isinstance(problem, UsageProblem):
            raise
        return Live(target, problem=str(problem))
    return live


def replayed(path: Path) -> Live:
    """The database as an earlier look saw it; raises `CannotInspect` for a file that `--save` did not write."""
    return Live(None, load(path))


def drift(
    spec: str, live: Live, target: Target, python: Path | None, folder: Path, pending: int, checks: Sequence[str]
) -> Report:
    """In what the models and the database differ."""
    request = DriftRequest(
        spec=spec,
        target=target,
        python=python_at_hand(os.environ, folder, Path()) if python is None else str(python.absolute()),
        folder=folder,
        pending=pending,
    )
    try:
        comparison = asyncio.run(collect_drift(request))
    except CannotInspect as problem:
        return _unseen(live.label, f"{spec} was not compared: {problem}")
    return run_drift(comparison, checks)


def _unseen(label: str, reason: str) -> Report:
    told = NotRun(check="live", reason=reason)
    return Report(command="migrations", subject=label, not_run=(told,), headline="Could not be examined.")
