"""A table is full of dead rows: every scan reads them, and nobody clears them away.

Why:
    An UPDATE leaves the old row, a DELETE the deleted one, until VACUUM. Where it does not come, or some old transaction
    keeps it from removing anything, scans read more dead rows than living ones.

Measures (rows, ratio):
    `rows` dead ones or more, and `dead_ratio` of all rows of the table.

Wrong when:
    Autovacuum is just about to come: by its own setting it waits for 20 % by default; so where it is on and was there in
    the last hour, this is info. It is being vacuumed: whoever does that holds a lock of the table, which is looked for. The
    number is an estimate of the server's, and begins anew after a crash.

Source:
    PostgreSQL documentation, 25.1 Routine Vacuuming; 28.2.20 pg_stat_all_tables, n_dead_tup.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import Limits, check
from forge_doctor.finding import Confidence, Evidence, Finding, Location, Severity
from forge_doctor.slow.server.schema import Table
from forge_doctor.slow.situation import Situation
from forge_doctor.slow.wording.autovacuum import comes, turned_on, why_not

LATELY_S = 3600.0


@check(severity=Severity.WARNING, limits={"rows": 10_000, "dead_ratio": 0.2})
def examine(situation: Situation, limits: Limits) -> Iterator[Finding]:
    """One finding for each table."""
    for table in situation.server.tables if situation.server else ():
        if table.worked_on:
            continue
        if table.dead_rows >= limits["rows"] and table.dead_rows >= limits["dead_ratio"] * (
            table.rows + table.dead_rows
        ):
            yield _finding(situation, table)


def _finding(situation: Situation, table: Table) -> Finding:
    soon = comes(situation, table) and table.vacuumed_age_s is not None and table.vacuumed_age_s < LATELY_S
    last = "never" if table.vacuumed_age_s is None else f"{table.vacuumed_age_s / 3600:,.1f} h ago"
    return Finding(
        severity=Severity.INFO if soon else Severity.WARNING,
        confidence=Confidence.HIGH,
        message=f"{table.schema}.{table.name} holds {table.dead_rows:,} dead rows beside {table.rows:,} living ones, and "
        f"was last vacuumed {last}: every scan reads both." + why_not(situation, table),
        location=Location(target=f"{situation.snapshot.target} table {table.schema}.{table.name}"),
        evidence=(
            Evidence(label="dead", value=table.dead_rows, unit="rows", source="n_dead_tup"),
            Evidence(label="living", value=table.rows, unit="rows", source="n_live_tup, reltuples"),
            Evidence(
                label="autovacuum", value="on" if comes(situation, table) else "off", source="pg_settings, reloptions"
            ),
        ),
        remedy=f"VACUUM (ANALYZE) {table.quoted};   -- by itself, not inside a transaction, beside the work; it removes nothing "
        "that an open transaction may see: forge-doctor pool shows which is the oldest" + turned_on(situation, table),
    )
