"""What was tried and what came of it, as frozen data; runs nothing and judges nothing."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from forge_doctor.dataclass import dataclass, field
from forge_doctor.migrations.round_trip.catalogue import Difference

if TYPE_CHECKING:
    from forge_doctor.probes.alembic_runner.process import Failure


class Stage(StrEnum):
    """The three steps of a round trip."""

    UPGRADE = "upgrade"
    DOWNGRADE = "downgrade"
    AGAIN = "second upgrade"


class Rows(StrEnum):
    """Whose rows were in the tables."""

    NONE = "none"
    MADE = "made from the schema"
    GIVEN = "given"
    EXTREME = "made from the schema, one of them as only one of the two schemas takes it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """One revision as Alembic reads it: `file` as Python knows it, `path` as findings name it; `undoes` says that it has a
    downgrade, `body` is the first line of that function, or of the upgrade where there is none, `refusals` are the lines
    where the downgrade raises something by itself, whatever it finds."""

    id: str
    down: tuple[str, ...]
    path: str
    file: str = ""
    body: int = 1
    title: str = ""
    undoes: bool = True
    refusals: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One revision up, down and up again.

    `failed` is the stage that raised `failure`; the ones after it were not reached, but for the second upgrade where
    the downgrade did not what it should. `undone` compares before the upgrade and after the downgrade, `redone` after
    the first upgrade and after the second; `idle` says that the downgrade changed nothing although the upgrade had.
    `extremes` say which rows a failure needs that are as only the wider of the two schemas takes them, `counts` are queries
    for such rows.
    `columns` are those that were there before (`orders.note`), `columns_after` those after the
    upgrade.
    """

    revision: Revision
    rows: Rows
    failed: Stage | None = None
    failure: Failure | None = None
    undone: Difference = field(default_factory=Difference)
    redone: Difference = field(default_factory=Difference)
    idle: bool = False
    columns: frozenset[str] = frozenset()
    columns_after: frozenset[str] = frozenset()
    extremes: tuple[str, ...] = ()
    counts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """The revision that could not be upgraded without rows, so that none behind it was reached."""

    revision: Revision
    failure: Failure | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundTrip:
    """The whole journey.

    `tried` counts revisions that went up, down and up again; `skipped` has those that refuse their downgrade on purpose;
    `without_rows` the tables no rows could be made for, with the reason.
    """

    subject: str
    revisions: tuple[Revision, ...]
    trials: tuple[Trial, ...]
    stopped: Stopped | None = None
    tried: int = 0
    refusing: tuple[Revision, ...] = ()
    rows_made: int = 0
    without_rows: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    server_version: str = ""
