"""A trial as a finding: where in the revision's file, what was seen, and on which server; decides nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forge_doctor.finding import Evidence, Location
from forge_doctor.migrations.round_trip.catalogue import Difference
from forge_doctor.migrations.round_trip.trial import Rows, Trial

if TYPE_CHECKING:
    from forge_doctor.probes.alembic_runner.process import Failure

MOST_NAMED = 4
LONGEST = 240


def location(trial: Trial) -> Location:
    """The line of the revision that raised it; else where its downgrade begins."""
    revision = trial.revision
    lines = [frame.line for frame in (trial.failure.frames if trial.failure else ()) if frame.path == revision.file]
    return Location(target=revision.path, line=lines[-1] if lines else revision.body)


def body(trial: Trial) -> Location:
    """Where its downgrade begins."""
    return Location(target=trial.revision.path, line=trial.revision.body)


def said(failure: Failure) -> str:
    """`column "c" does not exist (42703)`; of Python's exceptions the class."""
    sentence = failure.message.partition("\n")[0].strip()
    sentence = sentence if len(sentence) <= LONGEST else f"{sentence[: LONGEST - 4].rstrip()} ..."
    return f"{sentence} ({failure.sqlstate})" if failure.sqlstate else f"{failure.kind}: {sentence}".rstrip(": ")


def with_rows(trial: Trial) -> str:
    """What to add to a sentence about a failure that needs rows."""
    if trial.rows is Rows.NONE:
        return ""
    if trial.rows is Rows.EXTREME:
        return f" where rows have {', or '.join(trial.extremes[:MOST_NAMED])}"
    whose = "the rows given" if trial.rows is Rows.GIVEN else "rows made from the schema"
    return f" as soon as its tables have rows ({whose})"


def evidence(trial: Trial) -> tuple[Evidence, ...]:
    """On what it rests."""
    return (
        Evidence(label="revision", value=trial.revision.id, source=trial.revision.title),
        Evidence(label="tried with rows", value=trial.rows.value, source="a throw-away PostgreSQL"),
    )


def told(found: Difference) -> str:
    """`it leaves column orders.a; it does not bring back index ix_orders_a`."""
    parts = []
    if found.left:
        parts.append(f"leaves {_names([str(key) for key in found.left])}")
    if found.missing:
        parts.append(f"does not bring back {_names([str(key) for key in found.missing])}")
    if found.changed:
        changed = [
            f"{key} ({before or 'nothing'} before, {after or 'nothing'} now)" for key, before, after in found.changed
        ]
        parts.append(f"leaves otherwise {_names([' '.join(one.split())[:200] for one in changed])}")
    return ", ".join(parts)


def _names(names: list[str]) -> str:
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
