"""A plan of EXPLAIN as frozen data, every value in it replaced by '?'; it says what the planner means to do, not what it did."""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanNode:
    """One step. Costs and rows are the planner's estimates, with its children's in them.

    `condition` is what rows are thrown away by (Filter), `index_condition` what the index is asked (Index Cond,
    Recheck Cond), `join_condition` what a join holds its sides together with (Hash, Merge, Join Filter).
    """

    kind: str
    relation: str = ""
    schema: str = ""
    alias: str = ""
    index: str = ""
    rows: float = 0.0
    width: int = 0
    startup_cost: float = 0.0
    cost: float = 0.0
    condition: str = ""
    index_condition: str = ""
    join_condition: str = ""
    join_type: str = ""
    sort_key: tuple[str, ...] = ()
    role: str = ""  # Parent Relationship: Outer, Inner, InitPlan, SubPlan
    children: tuple[PlanNode, ...] = ()

    def walk(self) -> Iterator[PlanNode]:
        """Itself and all below it, from the top."""
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """An index that was tried: what it would make of the plan's cost. `cost_after` is None where nothing could
    try it, and `why_not` says why; `used` says whether the plan took it."""

    definition: str
    cost_before: float
    cost_after: float | None = None
    used: bool = False
    why_not: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RareValue:
    """What a statement would cost with a rare value written into it, beside the plan for any value.

    The value itself is not kept: `frequency` is its share of the table's rows by the statistics, None where it is
    none of the listed ones.
    """

    column: str
    frequency: float | None
    generic_cost: float
    cost: float
    index: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The plan of one statement, `key` its queryid or fingerprint; `root` is None where there is none, and `why_not`
    says why. `source`: `EXPLAIN`, or `auto_explain` where it was logged."""

    key: str
    root: PlanNode | None = None
    why_not: str = ""
    source: str = "EXPLAIN"
    jit: bool = False
    trials: tuple[Trial, ...] = ()
    rare: RareValue | None = None
