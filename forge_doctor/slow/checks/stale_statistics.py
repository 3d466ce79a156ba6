"""A table has changed much since it was last analysed: the planner plans for what it no longer is.

Why:
    How many rows a condition keeps the planner knows from the last ANALYZE. After a bulk load it still plans for the
    empty table: it loops where it should hash, and a statement that took milliseconds takes minutes.

Measures (rows, ratio):
    `rows` or more, and `changed_ratio` of the table's rows or more, changed since it was analysed; or so many rows in a
    table that never was.

Wrong when:
    Autovacuum comes within a minute, and does so by itself for a table that is only growing: where it is on, and the table
    was analysed or loaded lately, this is info. Counters of a server that crashed, or were reset, begin anew: a table of
    which nothing was changed since is not told.

Source:
    PostgreSQL documentation, 25.1.3 Updating Planner Statistics; 28.2.20 pg_stat_all_tables, n_mod_since_analyze.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import Limits, check
from forge_doctor.finding import Confidence, Evidence, Finding, Location, Related, Severity
from forge_doctor.slow.server.schema import Table
from forge_doctor.slow.situation import Situation
from forge_doctor.slow.wording import location, quoted

LATELY_S = 300.0


@check(severity=Severity.WARNING, limits={"rows": 10_000, "changed_ratio": 0.1})
def examine(situation: Situation, limits: Limits) -> Iterator[Finding]:
    """One finding for each table."""
    for table in situation.server.tables if situation.server else ():
        if table.changed >= limits["rows"] and table.changed >= limits["changed_ratio"] * table.rows:
            yield _finding(situation, table)


def _finding(situation: Situation, table: Table) -> Finding:
    settings = situation.server.settings if situation.server else {}
    automatic = table.autovacuum and settings.get("autovacuum", "on") == "on"
    reading = [one for one in situation.statements if table.name in one.shape.tables and one.verb != "insert"]
    last = "never analysed" if table.analyzed_age_s is None else f"analysed {table.analyzed_age_s / 3600:,.1f} h ago"
    soon = automatic and (table.analyzed_age_s or 0.0) < LATELY_S
    why = (
        ""
        if automatic
        else f" Autovacuum is off {'for it' if settings.get('autovacuum', 'on') == 'on' else 'on this server'}."
    )
    return Finding(
        severity=Severity.INFO if soon or not reading else Severity.WARNING,
        confidence=Confidence.HIGH,
        message=f"{table.changed:,} of about {table.rows:,} rows of {table.schema}.{table.name} have changed since it was "
        f"last analysed ({last}): plans are made for what it was then.{why}",
        location=Location(target=f"{situation.snapshot.target} table {table.schema}.{table.name}"),
        evidence=(
            Evidence(label="changed", value=table.changed, unit="rows", source="n_mod_since_analyze"),
            Evidence(label="rows", value=table.rows, unit="rows", source="n_live_tup, reltuples"),
            Evidence(label="autovacuum", value="on" if automatic else "off", source="pg_settings, reloptions"),
        ),
        remedy=f"ANALYZE {table.quoted};   -- reads a sample, blocks no reader and no writer"
        + (
            ""
            if automatic
            else f"\nALTER TABLE {table.quoted} RESET (autovacuum_enabled);   -- so that it happens by itself"
        ),
        related=tuple(
            Related(message=f"planned by it: {quoted(situation, one)}", location=location(situation, one))
            for one in reading[:3]
        ),
    )
