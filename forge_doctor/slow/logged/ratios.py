"""Where transactions can't be told apart: what the numbers of statements say all the same, and what they don't.

A child sent five times for each run of a parent, more often than the other transactions together could have sent it,
and named by a column of the parent's: that was a loop, whoever was in it.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.slow.logged.counts import Usage
from forge_doctor.slow.logged.template import Template
from forge_doctor.slow.logged.transactions import REPEATED, Journal
from forge_doctor.slow.logged.work import CommitSeries, Repetition
from forge_doctor.sql.relations import asks_by_one, leads_to, loads_at_once

LEAST = 5
WRITING = ("POST ", "PUT ", "PATCH ", "DELETE ")


def by_ratio(journal: Journal) -> Iterator[Repetition]:
    """Children of a parent by their numbers in all of the log."""
    for child, usage in journal.usage.items():
        if child.verb == "insert" and usage.runs >= LEAST * max(1, journal.commits) and usage.sets == usage.runs:
            yield _repetition(child, usage, None, max(1, journal.commits))
        if not _may_be_child(child, usage):
            continue
        eager = sum(times.runs for other, times in journal.usage.items() if loads_at_once(other.shape, child.shape))
        parents = []
        for parent, times in journal.usage.items():
            behind = times.runs - eager or times.runs
            related = parent is not child and leads_to(parent.shape, child.shape)
            if related and _is_loop(usage.runs, behind, journal.transactions):
                parents.append((parent, behind))
        if len(parents) == 1:
            yield _repetition(child, usage, parents[0][0], parents[0][1])


def series_by_ratio(journal: Journal) -> Iterator[CommitSeries]:
    """Commits of one writing statement, through the requests that may write."""
    requests = sum(times for route, times in journal.accessed.items() if route.startswith(WRITING))
    for template, usage in journal.usage.items():
        alone = template.writes and usage.sets == usage.runs and journal.commits >= 0.8 * usage.runs
        if alone and requests and usage.runs >= LEAST * requests:
            yield CommitSeries(
                key=template.key,
                requests=requests,
                commits=usage.runs,
                usual=round(usage.runs / requests),
                bounded="the number of access lines",
                routes=tuple(sorted(route for route in journal.accessed if route.startswith(WRITING)))[:3],
            )


def _repetition(child: Template, usage: Usage, parent: Template | None, transactions: int) -> Repetition:
    return Repetition(
        key=child.key,
        parent=parent.key if parent else "",
        transactions=transactions,
        runs=usage.runs,
        usual=round(usage.runs / transactions),
        differing=None if usage.hidden else len(usage.digests) >= REPEATED,
        separable=False,
    )


def _may_be_child(child: Template, usage: Usage) -> bool:
    return usage.runs >= LEAST and len(child.shape.tables) == 1 and asks_by_one(child.shape)


def _is_loop(child: int, parent: int, transactions: int) -> bool:
    """Whether the parent's transactions hold the child at least so often, if every other one holds it once."""
    return child - max(0, transactions - parent) >= LEAST * parent
