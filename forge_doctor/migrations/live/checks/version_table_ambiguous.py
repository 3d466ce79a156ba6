"""Several version tables could be this tree's: in another schema or of another name.

Why:
    Alembic reads the one that its search_path or its configuration leads to. A role with another search_path, or an
    env.py whose version_table_schema was changed, reads another one: then revisions run again, or do not run at all.

Measures:
    Tables of Alembic's shape (one column, version_num) in all schemas that hold revisions of this tree, or bear its
    table's name.

Wrong when:
    Each tenant has a schema with a version table of its own, as `version_table_schema` in a loop makes them: where many of
    them are at revisions of this tree, they are taken for tenants and only told where they stand at different ones.

Source:
    Alembic documentation, EnvironmentContext.configure(version_table, version_table_schema).
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import Limits, check
from forge_doctor.finding import Confidence, Evidence, Finding, NotRun, Severity
from forge_doctor.migrations.live.placement import Placement
from forge_doctor.migrations.live.situation import Situation
from forge_doctor.migrations.live.snapshot import VersionTable
from forge_doctor.migrations.live.wording import names


@check(severity=Severity.WARNING, limits={"tables": 3})
def examine(situation: Situation, limits: Limits) -> Iterator[Finding | NotRun]:
    """One finding a tree."""
    for placement in situation.placements:
        if placement.table is None:
            continue
        several = (placement.table, *placement.rivals)
        if len(several) >= limits["tables"]:
            yield from _tenants(situation, placement, several)
        elif placement.rivals:
            yield _finding(situation, placement, placement.table, several)


def _finding(
    situation: Situation, placement: Placement, table: VersionTable, several: tuple[VersionTable, ...]
) -> Finding:
    stand = {names(one.revisions or ()) or "nothing" for one in several}
    return Finding(
        severity=Severity.WARNING,
        confidence=Confidence.MEDIUM,
        message=f"{len(several)} version tables hold revisions of {placement.history.tree.name} or bear its table's name: "
        f"{_told(several)}. Which one counts is decided by search_path ({situation.server.search_path} for role "
        f"{situation.server.role}) and version_table_schema"
        + ("; they stand at different revisions." if len(stand) > 1 else "."),
        location=situation.at(table),
        evidence=(Evidence(label="version tables", value=_told(several), source="pg_class"),),
        remedy="name it in env.py: context.configure(..., version_table_schema=...), and look which of them is written to:\n"
        "SELECT schemaname, relname, n_tup_ins + n_tup_upd AS writes FROM pg_stat_user_tables WHERE relid IN "
        "(SELECT attrelid FROM pg_attribute WHERE attname = 'version_num');",
    )


def _tenants(situation: Situation, placement: Placement, several: tuple[VersionTable, ...]) -> Iterator[Finding]:
    stands: dict[str, list[str]] = {}
    for one in several:
        stands.setdefault(names(one.revisions or ()) or "nothing", []).append(one.label)
    if len(stands) > 1:
        told = "; ".join(
            f"{at}: {names(labels)}" for at, labels in sorted(stands.items(), key=lambda pair: len(pair[1]))
        )
        yield Finding(
            severity=Severity.WARNING,
            confidence=Confidence.MEDIUM,
            message=f"{len(several)} schemas have a version table of {placement.history.tree.name}, and they stand at "
            f"{len(stands)} different revisions ({told}).",
            location=situation.at(several[0]),
            evidence=(Evidence(label="version tables", value=len(several), source="pg_class"),),
            remedy="run the upgrade for each schema that is behind",
        )


def _told(tables: tuple[VersionTable, ...]) -> str:
    return "; ".join(
        f"{one.schema}.{one.name} at {names(one.revisions or ()) or 'nothing'}"
        if one.revisions is not None
        else f"{one.schema}.{one.name}, not readable"
        for one in tables
    )
