"""How a statement that is repeated for the rows of another one is told: the same words for all checks that find one."""

from __future__ import annotations

from forge_doctor.finding import Confidence, Evidence, Finding, Related, Severity
from forge_doctor.slow.inference.repeats import Repeat
from forge_doctor.slow.situation import Situation
from forge_doctor.slow.wording.phrases import facts, location, milliseconds, quoted

GRAVE_SHARE = 0.5


def repeat_finding(situation: Situation, one: Repeat, confidence: Confidence, *, caught: bool) -> Finding:
    """A finding at the child's line where it is known, with its parent beside it."""
    child, parent = one.child, one.parent
    grave = caught and (child.trip_share or 0.0) >= GRAVE_SHARE
    return Finding(
        severity=Severity.ERROR if grave else Severity.WARNING,
        confidence=confidence,
        message=f"{quoted(situation, child)} is sent {_how_often(situation, one)}: "
        f"{child.trip_share or 0:.0%} of all round trips, though only {child.time_share or 0:.1%} of the server's time "
        f"({milliseconds(child.mean_ms)} each).",
        location=location(situation, child),
        evidence=(*facts(situation, child), *_evidence(one)),
        remedy=_remedy(one),
        related=(
            Related(
                message=f"its rows are what it is sent for: {quoted(situation, parent)}",
                location=location(situation, parent),
            ),
        )
        if parent is not None
        else (),
    )


def _how_often(situation: Situation, one: Repeat) -> str:
    if one.parent is None:
        return f"again and again in one transaction, {one.child.calls:,} times in all"
    rows = one.parent.rows_per_call or 0.0
    return (
        f"about {one.ratio:.0f} times for each call of {quoted(situation, one.parent, 80)}, which gives {rows:.0f} rows"
    )


def _evidence(one: Repeat) -> tuple[Evidence, ...]:
    told = []
    if one.parent is not None:
        told.append(
            Evidence(label="calls for one of the parent", value=round(one.ratio, 1), source="pg_stat_statements")
        )
        told.append(Evidence(label="rows of the parent", value=round(one.parent.rows_per_call or 0, 1), unit="a call"))
    if one.seen_twice:
        told.append(
            Evidence(
                label="sent twice in a transaction",
                value=one.seen_twice,
                unit="looks",
                source="pg_stat_activity, 20 a second",
            )
        )
    return tuple(told)


def _remedy(one: Repeat) -> str:
    if one.lazy or not one.by_key:
        line = one.parent.lines[0] if one.parent and one.parent.lines else None
        where = f" at {line.file}:{line.line}" if line else ""
        return (
            f"load the relationship ({one.table} by {one.column}) with the list, in one more statement for all of it:\n"
            f"  .options(selectinload(Parent.children)) on the statement that gives the parents{where}\n"
            "joinedload for a single object; raiseload('*') finds the places"
        )
    return (
        f"fetch them together, before the loop: select(Model).where(Model.{one.column}.in_(keys)), then a dict by {one.column}; "
        "or join the table to the statement that gives the keys"
    )
