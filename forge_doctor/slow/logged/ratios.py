"""Where transactions can't be told apart: what the numbers of statements say all the same, and what they don't.

A child sent five times for each run of a parent, more often than the other transactions together could have sent it,
and named by a column of the parent's: that was a loop, whoever was in it.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.slow.logged.template import Template
from forge_doctor.slow.logged.transactions import REPEATED, Journal, Usage
from forge_doctor.slow.logged.work import CommitSeries, Repetition

LEAST = 5
WRITING = ("POST ", "PUT ", "PATCH ", "DELETE ")


def by_ratio(journal: Journal) -> Iterator[Repetition]:
    """Children of a parent by their numbers in all of the log."""
    for child, usage in journal.usage.items():
        if child.verb == "insert" and usage.runs >= LEAST * max(1, journal.commits) and usage.sets == usage.runs:
            yield _repetition(child, usage, None, max(1, journal.commits))
        if not _may_be_child(child, usage):
            continue
        eager = sum(times.runs for other, times in journal.usage.items() if _loads_at_once(other, child))
        parents = [
            (parent, times.runs - eager or times.runs)
            for parent, times in journal.usage.items()
            if _leads_to(parent, child) and _is_loop(usage.runs, times.runs - eager or times.runs, journal.transactions)
        ]
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
    shape = child.shape
    one_condition = len(shape.where) == 1 and not shape.lists and not shape.flags & {"limit", "offset"}
    return child.verb == "select" and one_condition and usage.runs >= LEAST and len(shape.tables) == 1


def _loads_at_once(other: Template, child: Template) -> bool:
    """Whether it loads what the child does, for many rows at once: its parent's run has no loop behind it."""
    shape = other.shape
    return shape.tables == child.shape.tables and shape.lists == shape.where == child.shape.where


def _is_loop(child: int, parent: int, transactions: int) -> bool:
    """Whether the parent's transactions hold the child at least so often, if every other one holds it once."""
    return child - max(0, transactions - parent) >= LEAST * parent


def _leads_to(parent: Template, child: Template) -> bool:
    """Whether the child is asked for by a column that says it belongs to the parent's rows, or that they name it."""
    if parent is child or parent.verb != "select" or not parent.shape.tables:
        return False
    table, _, column = next(iter(child.shape.where)).rpartition(".")
    owners = {singular(name) for name in parent.shape.tables}
    if column.endswith(("_id", "_uuid", "_fk")) and column.rpartition("_")[0] in owners:
        return True
    named = {one.rpartition(".")[2] for one in parent.shape.outputs}
    wanted = singular(table or child.shape.tables[0])
    return column in ("id", "uuid", f"{wanted}_id") and any(
        one.removesuffix("_id") == wanted for one in named if one.endswith("_id")
    )


def singular(table: str) -> str:
    """`categories` -> `category`, `boxes` -> `box`, `books` -> `book`.

    >>> [singular(one) for one in ("categories", "boxes", "public.books", "status")]
    ['category', 'box', 'book', 'status']
    """
    name = table.rpartition(".")[2]
    if name.endswith("ies"):
        return name[:-3] + "y"
    if name.endswith(("xes", "ches", "shes", "sses")):
        return name[:-2]
    return name[:-1] if name.endswith("s") and not name.endswith(("ss", "us", "is")) else name
