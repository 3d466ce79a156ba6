"""A page far down a list is fetched by OFFSET: all rows before it are read and thrown away.

Why:
    OFFSET skips nothing: the server makes every row up to the page, and keeps the last twenty. Page 2,000 costs two
    thousand times what the first one does.

Measures (blocks, times):
    The statement has an OFFSET, touches `blocks` or more per call, and `blocks_times` as many as it gives rows. In a
    log: an OFFSET of `rows` or more; or, where parameters were not logged and no server was asked, 100 ms and more.

Wrong when:
    It is slow for another reason: where its plan reads a whole table and sorts it, an index of the order is what is
    missing,
    and missing-index tells that. How deep the pages are stands in the parameters, which are not read: medium
    confidence.

Source:
    PostgreSQL documentation, 7.6 LIMIT and OFFSET.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import Limits, check
from forge_doctor.finding import Confidence, Evidence, Finding, NotRun, Severity
from forge_doctor.slow.inference.accesses import SCAN
from forge_doctor.slow.inference.logged_accesses import SLOW_MS
from forge_doctor.slow.judging import grave, is_aggregate
from forge_doctor.slow.situation import Situation
from forge_doctor.slow.statement import Statement
from forge_doctor.slow.wording.phrases import facts, location, milliseconds, quoted

REMEDY = (
    "page by key: hand out the last id of a page and ask .where(Model.id > last_id).order_by(Model.id).limit(20); for "
    "an order that isn't unique, .where(tuple_(Model.made, Model.id) < (made, last_id)). Or allow no pages so far down"
)


@check(severity=Severity.WARNING, limits={"blocks": 300, "blocks_times": 10, "calls": 2, "rows": 10_000})
def examine(situation: Situation, limits: Limits) -> Iterator[Finding | NotRun]:
    """One finding for each statement."""
    for statement in situation.statements:
        if "offset" in statement.shape.flags and _is_deep_in_log(statement, limits):
            yield _logged(situation, statement)
            continue
        if "offset" not in statement.shape.flags or statement.calls < limits["calls"] or is_aggregate(statement):
            continue
        blocks, rows = statement.blocks_per_call or 0.0, statement.rows_per_call or 0.0
        if (
            blocks >= limits["blocks"]
            and blocks >= limits["blocks_times"] * max(1.0, rows)
            and not _reads_whole(statement)
        ):
            yield _counted(situation, statement)


def _is_deep_in_log(statement: Statement, limits: Limits) -> bool:
    """By the OFFSET itself where it was logged; else by the time, where the server's numbers are not there."""
    logged = statement.logged
    if logged is None or is_aggregate(statement):
        return False
    if logged.deepest is not None:
        return logged.deepest >= limits["rows"]
    return statement.stats is None and logged.longest_own_ms >= SLOW_MS and not _reads_whole(statement)


def _logged(situation: Situation, statement: Statement) -> Finding:
    deepest = statement.logged.deepest if statement.logged else None
    told = (Evidence(label="deepest OFFSET", value=deepest, unit="rows", source="log"),) if deepest is not None else ()
    takes = f" It takes {milliseconds(statement.mean_ms)}." if statement.mean_ms is not None else ""
    depth = f"{deepest:,} rows" if deepest is not None else "all rows"
    return Finding(
        severity=grave(statement),
        confidence=Confidence.HIGH if deepest is not None and statement.mean_ms is not None else Confidence.MEDIUM,
        message=f"{quoted(situation, statement)} pages by OFFSET: the server reads {depth} before the page, and throws them away.{takes}",
        location=location(situation, statement),
        evidence=(*told, *facts(situation, statement)),
        remedy=REMEDY,
    )


def _reads_whole(statement: Statement) -> bool:
    """A table that is read whole to be sorted, or of which a filter throws rows away: that is what it costs."""
    root = statement.plan.root if statement.plan else None
    if root is None:
        return bool(statement.shape.where)
    steps = tuple(root.walk())
    sorts = any(one.sort_key for one in steps) and any(one.kind == SCAN for one in steps)
    return sorts or any(one.condition for one in steps)


def _counted(situation: Situation, statement: Statement) -> Finding:
    return Finding(
        severity=grave(statement),
        confidence=Confidence.MEDIUM,
        message=f"{quoted(situation, statement)} touches {statement.blocks_per_call or 0:,.0f} blocks for "
        f"{statement.rows_per_call or 0:,.0f} rows a call, {milliseconds(statement.mean_ms)}: its OFFSET reads all rows before "
        "the page, and throws them away.",
        location=location(situation, statement),
        evidence=facts(situation, statement),
        remedy=REMEDY,
    )
