"""One run over the migration trees of some folders, from top to bottom: judge or remember, leave out what a baseline knows,
report."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from forge_doctor.finding import Finding
from forge_doctor.migrations.judgement import Judgement
from forge_doctor.migrations.request import Request
from forge_doctor.report import Report, sort_outcomes
from forge_doctor.suppression.baseline import Fingerprint, unknown

if TYPE_CHECKING:
    from forge_doctor.migrations.history import History
    from forge_doctor.migrations.judge import Look


class Examination(NamedTuple):
    """One tree: its report, the files looked at, and every finding with its fingerprint, baseline or not; all its
    revisions, unless the answer is of an earlier run."""

    report: Report
    history: History | None
    files: tuple[Path, ...] = ()
    fingerprints: tuple[tuple[Finding, Fingerprint], ...] = ()
    gone: int = 0


def run_migrations(request: Request, looks: Sequence[Look] = ()) -> tuple[Examination, ...]:
    """An examination of each tree, joined with what the `looks` at it say.

    Raises `UsageProblem` for a path that is not there, `CannotInspect` where there is no tree.
    """
    known = request.baseline
    found: list[Examination] = []
    for judgement in _judgements(request, looks):
        fresh, known = unknown(judgement.findings, known)
        report = _reported(judgement, fresh)
        found.append(Examination(report, judgement.history, judgement.files, judgement.findings))
    return (*found[:-1], found[-1]._replace(gone=sum(known.values())))


def _judgements(request: Request, looks: Sequence[Look]) -> tuple[Judgement, ...]:
    """Of an earlier run where nothing is different, unless somebody must look at the trees themselves."""
    # The modules that read and judge are loaded where there is something to judge.
    if request.cache is not None and not looks and request.narrow is None:
        from forge_doctor.migrations.kept.recall import recalled

        return recalled(request, request.cache)
    from forge_doctor.migrations.judge import judge_trees, places_of

    return judge_trees(request, places_of(request), looks)


def _reported(one: Judgement, fresh: tuple[Finding, ...]) -> Report:
    """What the baseline does not know, with what was looked at."""
    findings, not_run = sort_outcomes((*fresh, *one.not_run))
    silenced = {"muted": one.muted, "in baseline": len(one.findings) - len(fresh)}
    inspected = {**one.inspected}
    for each in one.seen:
        inspected |= each.inspected
    return Report(
        command="migrations",
        subject=one.subject,
        findings=findings,
        not_run=not_run,
        inspected=inspected | {name: count for name, count in silenced.items() if count},
        headline=" ".join((one.headline, *(each.headline for each in one.seen if each.headline))),
        tables=tuple(table for each in one.seen for table in each.tables),
        data={"trees": [one.data], **{key: value for each in one.seen for key, value in each.data.items()}},
    )
