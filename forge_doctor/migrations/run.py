"""One run over the migration trees of a folder, from top to bottom: find, read, replay, judge, report."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from forge_doctor.check import Check, described, load, select_checks
from forge_doctor.finding import Finding, NotRun
from forge_doctor.migrations import checks as checks_folder
from forge_doctor.migrations.history import History, history_of
from forge_doctor.migrations.tree.places import places
from forge_doctor.migrations.tree.read import Reader, read_tree
from forge_doctor.migrations.tree.tree import Place
from forge_doctor.report import Report, run_check, sort_outcomes


def all_checks() -> tuple[Check[Any], ...]:
    """The checks of this slice."""
    return load(checks_folder)


def run_migrations(
    path: Path, here: Path, select: Iterable[str] = (), ignore: Iterable[str] = ()
) -> tuple[Report, ...]:
    """A report a tree.

    Raises `UsageProblem` for a path that is not there or an unknown check, `CannotInspect` where there is no tree.
    """
    chosen: tuple[Check[Any], ...] = select_checks(all_checks(), select, ignore)
    return tuple(judged(read(place, here), chosen) for place in places(path))


def read(place: Place, here: Path) -> History:
    """The history of the tree at a place."""
    reader = Reader(place.folder, here)
    return history_of(read_tree(place, reader), reader.interpreter)


def judged(history: History, chosen: tuple[Check[Any], ...]) -> Report:
    """What the checks say of one tree."""
    outcomes: list[Finding | NotRun] = [*history.tree.unread]
    for check in chosen:
        outcomes += run_check(check, history)
    findings, not_run = sort_outcomes(outcomes)
    return Report(
        command="migrations",
        subject=history.tree.name,
        findings=findings,
        not_run=not_run,
        inspected={"revisions": len(history.tree.revisions)},
        rules=described(chosen, "migrations"),
    )
