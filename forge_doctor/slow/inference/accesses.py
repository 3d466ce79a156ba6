"""How a statement comes at the rows of a table: by reading all of it, under which conditions, for which order.

By its plan where there is one; else by its text and the indexes there are. It proposes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from forge_doctor.dataclass import dataclass
from forge_doctor.slow.inference.predicates import Term, alternatives_of, terms_of
from forge_doctor.slow.inference.text_accesses import text_accesses
from forge_doctor.slow.plan import PlanNode
from forge_doctor.slow.server.schema import Table
from forge_doctor.slow.situation import Situation
from forge_doctor.slow.statement import Statement

SCAN = "Seq Scan"
FILTERED = frozenset({"Index Scan", "Index Only Scan", "Bitmap Heap Scan"})
# Steps that hand on the rows of what is below them.
THROUGH = frozenset(
    {"Hash", "Sort", "Incremental Sort", "Materialize", "Memoize", "Gather", "Gather Merge", "Subquery Scan"}
)
ORDERED = frozenset({"Sort", "Incremental Sort", "Gather", "Gather Merge", "Result"})
# The other side of a join is small where an index would be asked for so little of the table.
SMALL_RATIO = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """One table read as a whole by one statement. `node` is the step of the plan, None where only the text told.

    `alternatives` are comparisons on one side of an OR. `walked` is the index that is read from its beginning for its
    order, while the condition throws rows away; `narrowed` says that an index gives the rows, and the condition throws
    away of those. `kept` is how many rows the planner expects to keep, None where it was not asked; `joined` where the
    condition is that of a join; `order` are the columns it is sorted by for a LIMIT, `-column` for descending.
    """

    table: Table
    terms: tuple[Term, ...] = ()
    alternatives: tuple[Term, ...] = ()
    order: tuple[str, ...] = ()
    node: PlanNode | None = None
    kept: float | None = None
    joined: bool = False
    walked: str = ""
    narrowed: bool = False

    @property
    def scope(self) -> str:
        """Which rows are read: `all 120,000 rows of parcel`."""
        if self.narrowed:
            return f"the rows of {self.table.name} that an index gives"
        if self.walked:
            return f"row after row of {self.table.name} in the order of {self.walked}"
        return f"all {self.table.rows:,} rows of {self.table.name}"

    @property
    def kept_ratio(self) -> float | None:
        """The share of the table's rows that the planner expects to keep."""
        return None if self.kept is None or not self.table.rows else self.kept / self.table.rows


def accesses(statement: Statement, situation: Situation) -> tuple[Access, ...]:
    """Every table the statement reads as a whole; none where the indexes there are could not be read."""
    if situation.server is not None and situation.server.unread:
        return ()
    if statement.plan is not None and statement.plan.root is not None:
        return tuple(_planned(statement.plan.root, situation))
    return tuple(
        Access(table=table, terms=terms, order=order)
        for name, terms, order in text_accesses(statement.text)
        if (table := situation.table_named(name)) is not None
    )


def _planned(root: PlanNode, situation: Situation) -> Iterator[Access]:
    for node in root.walk():
        table = situation.table_of(node) if node.kind == SCAN else None
        if table is not None and node.condition:
            yield Access(
                table=table,
                terms=_own(node, terms_of(node.condition)),
                alternatives=_own(node, alternatives_of(node.condition)),
                node=node,
                kept=node.rows,
            )
        yield from _walks(node, situation)
        yield from _joins(node, situation)
        yield from _sorted(node, situation)


def _walks(node: PlanNode, situation: Situation) -> Iterator[Access]:
    """An index that is read from one end for its order, until a LIMIT has enough of what its filter lets through; or
    that gives rows of which the filter throws some away."""
    table = situation.table_of(node) if node.kind in FILTERED and node.condition else None
    if table is None:
        return
    index = next((one for one in situation.indexes_of(table) if one.name == node.index), None)
    order = tuple(one.strip('"') for one in index.keys) if index and not node.index_condition else ()
    yield Access(
        table=table,
        terms=_own(node, terms_of(node.condition)),
        alternatives=_own(node, alternatives_of(node.condition)),
        order=order if all(one.replace("_", "a").isalnum() for one in order) else (),
        node=node,
        walked=node.index if not node.index_condition else "",
        narrowed=bool(node.index_condition),
    )


def _own(node: PlanNode, terms: Iterable[Term]) -> tuple[Term, ...]:
    return tuple(one for one in terms if one.relation in ("", node.alias))


def _joins(node: PlanNode, situation: Situation) -> Iterator[Access]:
    """A table read whole to be joined with few rows: its side of the condition is what an index would be asked for."""
    if not node.join_condition or len(node.children) != 2:
        return
    for side, other in (node.children, node.children[::-1]):
        scan = _scan_below(side)
        table = situation.table_of(scan) if scan else None
        if scan is None or table is None or scan.condition or other.rows > table.rows * SMALL_RATIO:
            continue
        terms = tuple(one for one in terms_of(node.join_condition) if one.relation == scan.alias)
        if terms:
            yield Access(table=table, terms=terms, node=scan, kept=node.rows, joined=True)


def _scan_below(node: PlanNode) -> PlanNode | None:
    while node.kind in THROUGH and len(node.children) == 1:
        node = node.children[0]
    return node if node.kind == SCAN else None


def _sorted(node: PlanNode, situation: Situation) -> Iterator[Access]:
    """A table read whole and sorted, for the first rows of it."""
    if node.kind != "Limit":
        return
    keys: tuple[str, ...] = ()
    below = node
    while len(below.children) == 1 and (below is node or below.kind in ORDERED):
        keys = below.sort_key or keys
        below = below.children[0]
    table = situation.table_of(below) if below.kind == SCAN else None
    order = tuple(_key(one, below.alias) for one in keys)
    if table is not None and order and all(order):
        terms = _own(below, terms_of(below.condition))
        yield Access(table=table, terms=terms, order=order, node=below, kept=node.rows)


def _key(text: str, alias: str) -> str:
    """`loans.created_at DESC` -> `-created_at`; empty for what is no column of the table, or has an order of its own."""
    name, _, direction = text.strip().partition(" ")
    column = name.removeprefix(f"{alias}.").strip('"')
    if not column.replace("_", "a").isalnum() or direction not in ("", "DESC"):
        return ""
    return f"-{column}" if direction else column
