"""An index says nothing that another one doesn't say: the same columns, or the first of them.

Why:
    An index of (a, b) answers what one of (a) answers. Two are kept up by every write, and take room twice.

Measures (bytes):
    Two valid indexes of a table with the same method, operator classes, collations, directions and condition, of which one has
    all the columns of the other in the same order from the first on; the superfluous one is `size_bytes` or larger.

Wrong when:
    The shorter one enforces something (unique, a constraint): it is needed. A much smaller index is faster for its own column
    alone: where it has fewer columns, confidence is medium.

Source:
    PostgreSQL documentation, 11.3 Multicolumn Indexes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from forge_doctor.check import Limits, check
from forge_doctor.finding import Confidence, Evidence, Finding, Location, Severity
from forge_doctor.slow.server.schema import Index
from forge_doctor.slow.situation import Situation
from forge_doctor.slow.wording.index_remedies import on_primary
from forge_doctor.sql.conditional import drop_if_also


@check(severity=Severity.INFO, limits={"size_bytes": 0})
def examine(situation: Situation, limits: Limits) -> Iterator[Finding]:
    """One finding for each superfluous index."""
    by_table: dict[tuple[str, str], list[Index]] = {}
    for index in situation.server.indexes if situation.server else ():
        if index.valid and index.keys:
            by_table.setdefault((index.schema, index.table), []).append(index)
    for indexes in by_table.values():
        gone: set[str] = set()
        for index in sorted(indexes, key=lambda one: (len(one.keys), one.unique, one.constraint, -len(one.name))):
            other = _says_all(index, [one for one in indexes if one.name not in gone and one.name != index.name])
            if other is not None and index.size_bytes >= limits["size_bytes"]:
                gone.add(index.name)
                yield _finding(situation, index, other)


def _says_all(index: Index, others: Sequence[Index]) -> Index | None:
    """One that answers all that `index` does; what enforces something is never superfluous."""
    if index.constraint or index.unique:
        return None
    length = len(index.keys)
    for other in others:
        same_kind = (other.method, other.predicate) == (index.method, index.predicate)
        if not same_kind or other.keys[:length] != index.keys or not _same_options(index, other):
            continue
        if index.method != "btree" and len(other.keys) != length:
            continue
        if set(index.includes) <= {*other.keys, *other.includes}:
            return other
    return None


def _same_options(index: Index, other: Index) -> bool:
    """Operator classes, collations and directions of the columns both have; they come as three lists of equal length."""
    own, others = index.options.split(), other.options.split()
    length = len(index.keys)
    if not own or not others:
        return own == others
    return [own[at * (len(own) // 3) : at * (len(own) // 3) + length] for at in range(3)] == [
        others[at * (len(others) // 3) : at * (len(others) // 3) + length] for at in range(3)
    ]


def _finding(situation: Situation, index: Index, other: Index) -> Finding:
    same = len(index.keys) == len(other.keys)
    return Finding(
        severity=Severity.INFO,
        confidence=Confidence.HIGH if same else Confidence.MEDIUM,
        message=f"index {index.schema}.{index.name} ({', '.join(index.keys)}) says nothing that {other.name} "
        f"({', '.join(other.keys)}) doesn't say: every write keeps up both.",
        location=Location(target=f"{situation.snapshot.target} index {index.schema}.{index.name}"),
        evidence=(
            Evidence(label="superfluous", value=index.makes, source="pg_get_indexdef()"),
            Evidence(label="says the same", value=other.makes, source="pg_get_indexdef()"),
            Evidence(label="scans", value=index.scans, unit="scans", source="pg_stat_user_indexes"),
        ),
        remedy=f"-- {other.quoted} stays; in psql, by itself, not inside a transaction\n"
        f"{on_primary(situation)}{drop_if_also(index.schema, index.name, other.name)}",
    )
