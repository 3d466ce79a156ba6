"""A statement sorts or hashes more than work_mem holds, and writes it to disk.

Why:
    What does not fit into work_mem goes into temporary files: written, read back, and in the way of all other I/O. It is
    a sudden step: a table grows by a few rows, and the statement takes several times as long.

Measures (blocks):
    `blocks` or more temporary blocks written per call (8 kB each).

Wrong when:
    CREATE INDEX and materialised results spill as well and are no statement of an application: only statements that read or
    write tables count. One report a night may well spill: calls are told. More work_mem is taken by every sort of every
    session: what is advised is for the statement alone.

Source:
    PostgreSQL documentation, 20.4 Resource Consumption, work_mem; F.32 pg_stat_statements, temp_blks_written.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import Limits, check
from forge_doctor.finding import Confidence, Evidence, Finding, Severity
from forge_doctor.slow.judging import grave
from forge_doctor.slow.situation import Situation
from forge_doctor.slow.statement import Statement
from forge_doctor.slow.wording.phrases import facts, location, milliseconds, quoted

BLOCK_BYTES = 8192
SPILLING = frozenset({"Sort", "Incremental Sort", "Hash", "Aggregate", "Materialize", "CTE Scan", "WindowAgg"})
# In memory a sort takes about so much more than on disk.
IN_MEMORY_TIMES = 2
MOST_MB = 256


@check(severity=Severity.WARNING, limits={"blocks": 128})
def examine(situation: Situation, limits: Limits) -> Iterator[Finding]:
    """One finding for each statement."""
    for statement in situation.statements:
        stats = statement.stats
        if stats is not None and statement.calls and stats.temp_blocks / statement.calls >= limits["blocks"]:
            yield _finding(situation, statement, stats.temp_blocks / statement.calls)
        elif stats is None and statement.logged is not None and statement.logged.temp_files:
            yield _finding(
                situation, statement, statement.logged.temp_bytes / BLOCK_BYTES / statement.logged.temp_files
            )


def _finding(situation: Situation, statement: Statement, blocks: float) -> Finding:
    megabytes = blocks * BLOCK_BYTES / 1_048_576
    settings = situation.server.settings if situation.server else {}
    node = _node(statement)
    keys = f" by {', '.join(node[1])}" if node and node[1] else ""
    told = [
        Evidence(label="written to disk", value=round(megabytes, 1), unit="MB a call", source="temp_blks_written"),
        Evidence(label="work_mem", value=settings.get("work_mem", "unknown"), source="pg_settings, of our role"),
    ]
    if node:
        told.append(Evidence(label="node", value=f"{node[0]}{keys}", source="EXPLAIN"))
    return Finding(
        severity=grave(statement),
        confidence=Confidence.HIGH,
        message=f"{quoted(situation, statement)} writes {megabytes:,.1f} MB to temporary files each call, because it does not "
        f"fit into work_mem; it takes {milliseconds(statement.mean_ms)}.",
        location=location(situation, statement),
        evidence=(*facts(situation, statement), *told),
        remedy=_remedy(megabytes),
    )


def _node(statement: Statement) -> tuple[str, tuple[str, ...]] | None:
    if statement.plan is None or statement.plan.root is None:
        return None
    wide = [one for one in statement.plan.root.walk() if one.kind in SPILLING]
    worst = max(wide, key=lambda one: one.rows * max(one.width, 1), default=None)
    return (worst.kind, worst.sort_key) if worst else None


def _remedy(megabytes: float) -> str:
    wanted = 4
    while wanted < megabytes * IN_MEMORY_TIMES:
        wanted *= 2
    fewer = "sort fewer rows: a LIMIT with an index of the order, fewer columns, a condition that is applied before"
    if wanted > MOST_MB:
        return f"{fewer}; so much memory is for no statement that many sessions run at once"
    return (
        f"{fewer}; or, for this statement alone, in its transaction before it:\n"
        f"SET LOCAL work_mem = '{wanted}MB';   -- each of its sorts and hashes may take so much"
    )
