"""A table has changed much since it was last analysed: the planner plans for what it no longer is.

Why:
    How many rows a condition keeps the planner knows from the last ANALYZE. After a bulk load it still plans for the
    empty table: it loops where it should hash, and a statement that took milliseconds takes minutes.

Measures (rows, ratio):
    `rows` or more, and `changed_ratio` of the table's rows or more, changed since it was analysed; or so many rows in a
    table that never was.

Wrong when:
    Autovacuum comes within a minute, and does so by itself for a table that is only growing: where it is on, and the table
    was analysed or loaded lately, this is info. It is being analysed: whoever does that holds a lock of the table, which is
    looked for, and the numbers are those of a second look. Counters of a server that crashed, or were reset, begin
    anew: a table of which nothing was changed since is not told, and `never analysed` is said only of one whose rows
    nobody counted. A session tells its changes up to a second late, after an ANALYZE that has seen them: they are counted
    as changes since then until the next one. So the table's size is asked: rows that came later made it larger. One that
    grew by less, and in which nothing was updated or deleted, is not told; one that grew is of high confidence; one whose
    counters say that all its rows came later, though ANALYZE had counted them, is info of low; any other of medium.

Source:
    PostgreSQL documentation, 25.1.3 Updating Planner Statistics; 28.2.20 pg_stat_all_tables, n_mod_since_analyze.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import Limits, check
from forge_doctor.finding import Confidence, Evidence, Finding, Location, Related, Severity
from forge_doctor.slow.server.schema import Table
from forge_doctor.slow.situation import Situation
from forge_doctor.slow.wording.autovacuum import comes, turned_on, why_not
from forge_doctor.slow.wording.phrases import location, quoted

LATELY_S = 300.0
# Rows that were added are about as wide as those before them.
ABOUT = 0.9


@check(severity=Severity.WARNING, limits={"rows": 10_000, "changed_ratio": 0.1})
def examine(situation: Situation, limits: Limits) -> Iterator[Finding]:
    """One finding for each table."""
    for table in situation.server.tables if situation.server else ():
        if table.worked_on or table.changed < limits["rows"] or table.changed < limits["changed_ratio"] * table.rows:
            continue
        confidence = _confidence(table, limits)
        if confidence is not None:
            yield _finding(situation, table, confidence)


def _confidence(table: Table, limits: Limits) -> Confidence | None:
    """How sure it is that the rows changed after the last ANALYZE; None where they can't have."""
    if table.analyzed_age_s is None:
        return Confidence.HIGH
    vacuumed_since = table.vacuumed_age_s is not None and table.vacuumed_age_s < table.analyzed_age_s
    if table.blocks is None or vacuumed_since:
        return Confidence.MEDIUM
    grown = table.blocks - table.known_blocks
    added = grown * table.known_rows / table.known_blocks if table.known_blocks else grown * float(table.changed)
    if added >= ABOUT * max(limits["rows"], limits["changed_ratio"] * table.rows):
        return Confidence.HIGH
    if table.rewritten < limits["rows"]:
        return None
    return Confidence.LOW if table.written - table.changed < table.known_rows / 2 else Confidence.MEDIUM


def _last(table: Table) -> str:
    if table.analyzed_age_s is not None:
        age_s = table.analyzed_age_s
        return f"analysed {age_s:.0f} s ago" if age_s < 600 else f"analysed {age_s / 3600:,.1f} h ago"
    return "never analysed" if table.known_rows <= 0 else "no ANALYZE since its counters began"


def _finding(situation: Situation, table: Table, confidence: Confidence) -> Finding:
    reading = [one for one in situation.statements if table.name in one.shape.tables and one.verb != "insert"]
    soon = comes(situation, table) and (table.analyzed_age_s or 0.0) < LATELY_S
    doubted = confidence is Confidence.LOW
    late = " Perhaps before: a session counts its changes up to a second late." if doubted else ""
    return Finding(
        severity=Severity.INFO if soon or doubted or not reading else Severity.WARNING,
        confidence=confidence,
        message=f"{table.changed:,} of about {table.rows:,} rows of {table.schema}.{table.name} have changed since it was "
        f"last analysed ({_last(table)}): plans are made for what it was then.{late}{why_not(situation, table)}",
        location=Location(target=f"{situation.snapshot.target} table {table.schema}.{table.name}"),
        evidence=(
            Evidence(label="changed", value=table.changed, unit="rows", source="n_mod_since_analyze"),
            Evidence(label="rows", value=table.rows, unit="rows", source="n_live_tup, reltuples"),
            Evidence(
                label="autovacuum", value="on" if comes(situation, table) else "off", source="pg_settings, reloptions"
            ),
            *_growth(table),
        ),
        remedy=f"ANALYZE {table.quoted};   -- reads a sample, blocks no reader and no writer{turned_on(situation, table)}",
        related=tuple(
            Related(message=f"planned by it: {quoted(situation, one)}", location=location(situation, one))
            for one in reading[:3]
        ),
    )


def _growth(table: Table) -> tuple[Evidence, ...]:
    if table.blocks is None or table.analyzed_age_s is None:
        return ()
    return (
        Evidence(label="size then", value=table.known_blocks, unit="blocks", source="pg_class.relpages"),
        Evidence(label="size now", value=table.blocks, unit="blocks", source="pg_relation_size()"),
    )
