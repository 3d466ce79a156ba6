"""The part `migrations`: where the database stands, what is left half done, who waits for a migration."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

from forge_doctor.code.files.application_files import INSTALLED
from forge_doctor.errors import CannotInspect, ForgeDoctorError
from forge_doctor.migrations.history import History, history_of
from forge_doctor.migrations.live.collect import LiveRequest, collect_live
from forge_doctor.migrations.live.run import run_live
from forge_doctor.migrations.tree.places import places
from forge_doctor.migrations.tree.read import Reader, read_tree
from forge_doctor.report import Report
from forge_doctor.settings import Settings
from forge_doctor.triage.facts import Case

MOST_TREES = 4
# Trees of these folders are no service's own.
ELSEWHERE = frozenset({"tests", "test", "examples", "docs", "benchmarks", *INSTALLED})


def look(case: Case, settings: Settings, *, connect_timeout_s: float) -> Report:
    """The live part of `migrations` on the case's database; raises `CannotInspect` where it gives no session."""
    if case.target is None:
        raise CannotInspect("no database was found to look at: pass --dsn URL")
    snapshot = asyncio.run(collect_live(LiveRequest(target=case.target, connect_timeout_s=connect_timeout_s)))
    return run_live(snapshot, tuple(_histories(case)), settings)


def _histories(case: Case) -> Iterator[History]:
    for folder in dict.fromkeys(one.source.here for one in case.applications if one.source is not None):
        yield from _below(folder)


def _below(folder: Path) -> Iterator[History]:
    if not ELSEWHERE.isdisjoint(folder.parts):
        return
    try:
        found = [one for one in places(folder) if ELSEWHERE.isdisjoint(one.folder.relative_to(folder.resolve()).parts)]
    except (ForgeDoctorError, ValueError):  # there is none
        return
    for place in found[:MOST_TREES]:
        reader = Reader(place.project, folder)
        yield history_of(read_tree(place, reader), reader.interpreter)
