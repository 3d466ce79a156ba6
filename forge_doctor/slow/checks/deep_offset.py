"""A page far down is read by OFFSET: the server makes all rows before it, and throws them away.

Why:
    OFFSET 180000 LIMIT 50 reads 180,050 rows for 50. The first page is fast and each next one slower; a crawler, or a job
    that goes through all pages, reads the table as many times over as it has pages.

Measures (rows, blocks, ms):
    A statement with OFFSET whose parameters in a log were `rows` or more; or that takes `ms` or more in the server's log;
    or that touches `blocks` or more a call and ten times as many as it gives rows.

Wrong when:
    The rows are skipped by nobody's wish to page: OFFSET 0 and pages near the beginning read little, and what was passed is
    asked of the log where one is there. The time goes into a sort or a scan of all of the table, whatever the offset: the plan
    tells, and missing-index is named beside. The depth itself is known only from a log: by blocks confidence is medium.

Source:
    PostgreSQL documentation, 7.6 LIMIT and OFFSET.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import Limits, check
from forge_doctor.finding import Confidence, Evidence, Finding, Severity
from forge_doctor.slow.inference.accesses import SCAN
from forge_doctor.slow.judging import grave, is_aggregate
from forge_doctor.slow.situation import Situation
from forge_doctor.slow.statement import Statement
from forge_doctor.slow.wording import facts, location, milliseconds, quoted

BLOCKS_TIMES = 10.0


@check(severity=Severity.WARNING, limits={"rows": 10_000, "blocks": 300, "ms": 100.0})
def examine(situation: Situation, limits: Limits) -> Iterator[Finding]:
    """One finding for each statement."""
    for statement in situation.statements:
        if statement.verb != "select" or "offset" not in statement.shape.flags:
            continue
        logged = statement.logged
        deepest = logged.deepest if logged else None
        if deepest is not None and deepest < limits["rows"]:
            continue
        if deepest is not None or _is_slow(statement, limits):
            yield _finding(situation, statement, deepest)


def _is_slow(statement: Statement, limits: Limits) -> bool:
    if is_aggregate(statement):
        return False
    logged, blocks = statement.logged, statement.blocks_per_call
    if blocks is not None:
        return (
            not _reads_whole(statement)
            and blocks >= limits["blocks"]
            and blocks >= BLOCKS_TIMES * max(1.0, statement.rows_per_call or 0.0)
        )
    return logged is not None and logged.longest_own_ms >= limits["ms"]


def _reads_whole(statement: Statement) -> bool:
    """A table that is read whole to be sorted, or of which a filter throws rows away: that is what it costs."""
    root = statement.plan.root if statement.plan else None
    if root is None:
        return bool(statement.shape.where)
    steps = tuple(root.walk())
    sorts = any(one.sort_key for one in steps) and any(one.kind == SCAN for one in steps)
    return sorts or any(one.condition for one in steps)


def _finding(situation: Situation, statement: Statement, deepest: int | None) -> Finding:
    depth = f"{deepest:,} rows" if deepest is not None else "rows"
    told = (Evidence(label="deepest OFFSET", value=deepest, unit="rows", source="log"),) if deepest is not None else ()
    takes = f" It takes {milliseconds(statement.mean_ms)}." if statement.mean_ms is not None else ""
    return Finding(
        severity=grave(statement),
        confidence=Confidence.HIGH if deepest is not None and statement.mean_ms is not None else Confidence.MEDIUM,
        message=f"{quoted(situation, statement)} pages by OFFSET: the server reads {depth} before the page and throws them away.{takes}",
        location=location(situation, statement),
        evidence=(*told, *facts(situation, statement)),
        remedy="page behind the last key: .where(Model.id > last_id).order_by(Model.id).limit(50), and give last_id to the "
        "client instead of a page number; the index of the order is asked for the page alone",
    )
