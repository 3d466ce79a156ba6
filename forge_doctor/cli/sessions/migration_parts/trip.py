"""The part of `forge-doctor migrations` that tries revisions on a throw-away PostgreSQL."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from types import TracebackType

from forge_doctor.dataclass import dataclass
from forge_doctor.errors import CannotInspect
from forge_doctor.finding import NotRun
from forge_doctor.migrations.history import History
from forge_doctor.migrations.round_trip.collect import TripRequest, collect_round_trip
from forge_doctor.migrations.round_trip.handover import Application
from forge_doctor.migrations.round_trip.run import run_round_trip
from forge_doctor.probes.application.interpreters import python_at_hand
from forge_doctor.probes.postgres.dsn import resolve_targets
from forge_doctor.report import Report

CHECK = "round-trip"


@dataclass(frozen=True, slots=True)
class Trip:
    """How it is to be tried: `checks` are the ids of those that judge it, `rows` a file of SQL, `server` the URL of another
    throw-away server than our own, `python` the application's."""

    checks: tuple[str, ...]
    rows: Path | None = None
    server: str | None = None
    python: Path | None = None

    def __call__(self, history: History) -> Report:
        """What came of it; a report that only says why not, where it could not begin."""
        name = history.tree.name
        configuration = history.tree.place.configuration
        if configuration is None:
            return _not_tried(name, "there is no alembic.ini for it, which says how Alembic runs it", "write one")
        folder = configuration.file.parent
        python = python_at_hand(os.environ, folder, Path()) if self.python is None else str(self.python.absolute())
        application = Application(
            config=configuration.file, folder=folder, python=python, section=configuration.section
        )
        server = resolve_targets((self.server,))[0] if self.server else None
        request = TripRequest(application=application, only=history.only, rows=self.rows, server=server)
        try:
            with Progress() as progress:
                trip = asyncio.run(collect_round_trip(request, progress.told))
        except CannotInspect as problem:
            return _not_tried(name, str(problem))
        return run_round_trip(trip, self.checks)


def _not_tried(name: str, reason: str, remedy: str = "") -> Report:
    told = NotRun(check=CHECK, reason=f"{name}: not tried: {reason}", remedy=remedy)
    return Report(command="migrations", subject=name, not_run=(told,))


class Progress:
    """A line on stderr that tells a waiting person which revision is tried; silent where stderr is no terminal."""

    def __init__(self) -> None:
        self._wanted = sys.stderr.isatty()

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._write("")

    def told(self, done: int, total: int, revision: str) -> None:
        """So many revisions are done, and this one comes now."""
        self._write(f"{done} of {total} revisions tried, now {revision[:40]}")

    def _write(self, line: str) -> None:
        if self._wanted:
            sys.stderr.write(f"\r\x1b[K{line}")
            sys.stderr.flush()
