"""Where one value of a column is most of a table and others are rare, so that one plan can't be right for both."""

from __future__ import annotations

from forge_doctor.dataclass import dataclass
from forge_doctor.slow.inference.predicates import Term, terms_of
from forge_doctor.slow.inference.proposals import SMALLEST_ROWS, TEXT_TYPES
from forge_doctor.slow.plan import PlanNode
from forge_doctor.slow.server.schema import Column, Table
from forge_doctor.slow.situation import Situation
from forge_doctor.slow.statement import Statement

COMMON_RATIO, RARE_RATIO = 0.5, 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Skew:
    """The step of the plan that reads for any value of the column, and the column."""

    node: PlanNode
    table: Table
    column: Column


def skewed(statement: Statement, situation: Situation) -> Skew | None:
    """The first step that is told by `column = $n` of such a column; None where the plan asks its index."""
    root = statement.plan.root if statement.plan else None
    for node in root.walk() if root is not None else ():
        table = situation.table_of(node) if node.relation and node.condition else None
        if table is None or table.rows < SMALLEST_ROWS:
            continue
        for term in terms_of(node.condition):
            column = situation.column_of(table, term.column)
            if _is_any_value(term) and column is not None and _is_skewed(column):
                return Skew(node=node, table=table, column=column)
    return None


def _is_any_value(term: Term) -> bool:
    return term.is_equality and not (term.wrapped and term.wrapper != "text") and term.value == "parameter"


def _is_skewed(column: Column) -> bool:
    rare = 0 < column.rarest_listed <= RARE_RATIO or column.kind.startswith(TEXT_TYPES)
    return column.known and column.most_common >= COMMON_RATIO and rare
