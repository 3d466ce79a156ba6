"""One run over the migration trees of some folders, from top to bottom: find, read, replay, judge, mute, report."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from forge_doctor.finding import Finding, NotRun
from forge_doctor.migrations.environment.scripts import Scripts
from forge_doctor.migrations.history import History, history_of
from forge_doctor.migrations.request import Request
from forge_doctor.migrations.round_trip.run import confirmed
from forge_doctor.migrations.tree.places import places
from forge_doctor.migrations.tree.read import Reader, read_tree
from forge_doctor.migrations.tree.tree import Place
from forge_doctor.report import Report, run_check, sort_outcomes
from forge_doctor.suppression.baseline import Fingerprint, Known, unknown
from forge_doctor.suppression.mute import mute
from forge_doctor.suppression.quoted_source import without_secrets


class Examination(NamedTuple):
    """One tree: its report, all its revisions, the files looked at, and every finding with its fingerprint, baseline or
    not."""

    report: Report
    history: History
    files: tuple[Path, ...] = ()
    fingerprints: tuple[tuple[Finding, Fingerprint], ...] = ()
    gone: int = 0


Look = Callable[[History], Report]
"""Something else that can be said of a tree, by a database or a throw-away server."""


def run_migrations(request: Request, looks: Sequence[Look] = ()) -> tuple[Examination, ...]:
    """An examination of each tree, joined with what the `looks` at it say.

    Raises `UsageProblem` for a path that is not there, `CannotInspect` where there is no tree.
    """
    scripts = Scripts(request.here, request.scope)
    judged_envs: set[Path] = set()
    known = request.baseline
    found: list[Examination] = []
    for place in _places(request):
        history = _narrowed(read(place, request.here), request)
        outcomes = [*judged(history, request)]
        if place.env not in judged_envs:
            outcomes += judged_environment(history, request, scripts)
            judged_envs.add(place.env)
        seen = tuple(look(history) for look in looks)
        examination, known = _examined(request, history, outcomes, seen, known)
        found.append(examination)
    return (*found[:-1], found[-1]._replace(gone=sum(known.values())))


def _places(request: Request) -> tuple[Place, ...]:
    found = {(one.folder, one.versions): one for path in request.paths for one in places(path)}
    kept = [one for one in found.values() if not request.scope.covered(str(one.folder))]
    return tuple(kept or found.values())


def read(place: Place, here: Path) -> History:
    """The history of the tree at a place."""
    reader = Reader(place.project, here)
    return history_of(read_tree(place, reader), reader.interpreter)


def _narrowed(history: History, request: Request) -> History:
    """The same with the revisions that are to be judged."""
    only = None if request.narrow is None else request.narrow(history)
    changed = request.changed
    if changed is not None:
        files = {one.id: one.file.absolute.resolve() for one in history.tree.revisions}
        only = frozenset(id_ for id_, path in files.items() if path in changed.files)
    return history if only is None else replace(history, only=only)


def judged(history: History, request: Request) -> Iterator[Finding | NotRun]:
    """What the checks say of the revisions, and what could not be read of them."""
    yield from history.tree.unread
    for check in request.checks.of_revisions:
        yield from run_check(check, history)


def judged_environment(history: History, request: Request, scripts: Scripts) -> Iterator[Finding | NotRun]:
    """What they say of env.py and the application's start; of unchanged lines nothing where only changes are asked for."""
    script = scripts.of(history.tree)
    if script is None:
        return
    for check in request.checks.of_environment:
        for one in run_check(check, script):
            if isinstance(one, NotRun) or _is_new(one, request):
                yield one


def _is_new(one: Finding, request: Request) -> bool:
    return request.changed is None or request.changed.holds(request.here / one.location.target, one)


def _examined(
    request: Request, history: History, outcomes: list[Finding | NotRun], seen: tuple[Report, ...], known: Known
) -> tuple[Examination, Known]:
    """Mute what comments, configuration and the baseline mute, and report the rest; with what the baseline still knows."""
    findings, not_run = sort_outcomes(without_secrets(one) if isinstance(one, Finding) else one for one in outcomes)
    for one in seen:
        told = tuple(without_secrets(each) for each in one.findings)
        findings, not_run = sort_outcomes((*confirmed(findings, told), *not_run, *one.not_run))
    report = Report(command="migrations", subject=history.tree.name, findings=findings, not_run=not_run)
    files = _files(request, history, findings)
    heard = mute(request, files, report)
    fresh, left = unknown(heard.findings, known)
    findings, not_run = sort_outcomes((*fresh, *not_run, *heard.not_run))
    baselined = len(heard.findings) - len(fresh)
    report = replace(
        report,
        findings=findings,
        not_run=not_run,
        inspected=_inspected(history, seen, {"muted": heard.muted, "in baseline": baselined}),
        headline=" ".join((headline(history), *(one.headline for one in seen if one.headline))),
        tables=tuple(table for one in seen for table in one.tables),
        data={"trees": [data_of(history)], **{key: value for one in seen for key, value in one.data.items()}},
    )
    return Examination(report=report, history=history, files=files, fingerprints=heard.findings), left


def _inspected(history: History, seen: tuple[Report, ...], silenced: dict[str, int]) -> dict[str, int]:
    revisions, only = history.tree.revisions, history.only
    found = {"revisions": len(revisions)}
    if only is not None:
        found["judged"] = sum(one.id in only for one in revisions)
    for one in seen:
        found |= one.inspected
    return found | {name: count for name, count in silenced.items() if count}


def _files(request: Request, history: History, findings: tuple[Finding, ...]) -> tuple[Path, ...]:
    """The files that were judged, and those that findings stand in."""
    only = history.only
    tree = history.tree
    files = {one.file.absolute: None for one in tree.revisions if only is None or one.id in only}
    if tree.env is not None and (only is None or request.changed is None):
        files[tree.env.absolute] = None
    files |= {request.here / one.location.target: None for one in findings}
    return tuple(files)


def headline(history: History) -> str:
    """What the tree is, in a line."""
    graph, only = history.tree.graph, history.only
    heads = ", ".join(one.id for one in graph.heads[:3]) or "none"
    new = "" if only is None else f"; {sum(one.id in only for one in graph.all)} of them judged"
    count = len(graph.all)
    other = "" if history.dialect == "postgresql" else f"; for {history.dialect}: only the graph was judged"
    return f"{count} revision{'' if count == 1 else 's'}, head {heads}{new}{other}{_untold(history)}."


def _untold(history: History) -> str:
    """How much of what the judged revisions do is only known when they run."""
    total, untold = history.operations
    return f"; {untold} of {total} operations are only known when they run" if untold else ""


def data_of(history: History) -> dict[str, object]:
    """What the JSON format shows of a tree."""
    graph, only = history.tree.graph, history.only
    configuration = history.tree.place.configuration
    return {
        "name": history.tree.name,
        "dialect": history.dialect,
        "configuration": None if configuration is None else configuration.file.name,
        "heads": [one.id for one in graph.heads],
        "revisions": len(graph.all),
        "judged": [one.id for one in graph.order if only is None or one.id in only],
    }
