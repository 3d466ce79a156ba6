"""Reads, replays and judges the migration trees of some folders, and takes away what comments and configuration mute."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from forge_doctor.dataclass import replace
from forge_doctor.finding import Finding, NotRun, counted
from forge_doctor.migrations.environment.scripts import Scripts
from forge_doctor.migrations.history import History, history_of
from forge_doctor.migrations.judgement import Judgement
from forge_doctor.migrations.request import Request
from forge_doctor.migrations.round_trip.run import confirmed
from forge_doctor.migrations.tree.places import places
from forge_doctor.migrations.tree.read import Reader, read_tree
from forge_doctor.migrations.tree.tree import Place
from forge_doctor.report import Report, run_check, sort_outcomes
from forge_doctor.suppression.mute import mute
from forge_doctor.suppression.quoted_source import without_secrets

Look = Callable[[History], Report]
"""Something else that can be said of a tree, by a database or a throw-away server."""


def judge_trees(request: Request, trees: Sequence[Place], looks: Sequence[Look] = ()) -> tuple[Judgement, ...]:
    """What the checks say of each tree, joined with what the `looks` at it say."""
    scripts = Scripts(request.here, request.scope, request.overlay)
    judged_envs: set[Path] = set()
    found: list[Judgement] = []
    for place in trees:
        history = _narrowed(read(place, request.here, request.overlay), request)
        outcomes = [*judged(history, request)]
        if place.env not in judged_envs:
            outcomes += judged_environment(history, request, scripts)
            judged_envs.add(place.env)
        found.append(_heard(request, history, outcomes, tuple(look(history) for look in looks)))
    return tuple(found)


def places_of(request: Request) -> tuple[Place, ...]:
    """The trees that are asked for.

    Raises `UsageProblem` for a path that is not there, `CannotInspect` where there is no tree.
    """
    found = {(one.folder, one.versions): one for path in request.paths for one in places(path)}
    kept = [one for one in found.values() if not request.scope.covered(str(one.folder))]
    return tuple(kept or found.values())


def read(place: Place, here: Path, overlay: Mapping[Path, bytes] | None = None) -> History:
    """The history of the tree at a place; `overlay` has content that differs from the disk's."""
    reader = Reader(place.project, here, overlay)
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


def _heard(request: Request, history: History, outcomes: list[Finding | NotRun], seen: tuple[Report, ...]) -> Judgement:
    """What comments and configuration leave."""
    findings, not_run = sort_outcomes(without_secrets(one) if isinstance(one, Finding) else one for one in outcomes)
    for one in seen:
        told = tuple(without_secrets(each) for each in one.findings)
        findings, not_run = sort_outcomes((*confirmed(findings, told), *not_run, *one.not_run))
    report = Report(command="migrations", subject=history.tree.name, findings=findings, not_run=not_run)
    files = _files(request, history, findings)
    heard = mute(request, files, report)
    return Judgement(
        subject=history.tree.name,
        headline=headline(history),
        findings=heard.findings,
        not_run=(*not_run, *heard.not_run),
        muted=heard.muted,
        files=files,
        inspected=_inspected(history),
        data=data_of(history),
        history=history,
        seen=seen,
    )


def _inspected(history: History) -> dict[str, int]:
    revisions, only = history.tree.revisions, history.only
    found = {"revisions": len(revisions)}
    if only is not None:
        found["judged"] = sum(one.id in only for one in revisions)
    return found


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
    other = "" if history.dialect == "postgresql" else f"; for {history.dialect}: only the graph was judged"
    return f"{counted(len(graph.all), 'revision')}, head {heads}{new}{other}{_untold(history)}."


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
