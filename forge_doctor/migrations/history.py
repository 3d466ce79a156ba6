"""One tree with all that its revisions do, step by step, as checks look at it; judges nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from forge_doctor.migrations.locks.effect import Effect
from forge_doctor.migrations.operations.operation import Body, Operation
from forge_doctor.migrations.replay.schema import Schema, Table
from forge_doctor.migrations.tree.revision import Revision
from forge_doctor.migrations.tree.tree import Tree

O = TypeVar("O", bound=Operation)  # noqa: E741

UPGRADE, DOWNGRADE = "upgrade", "downgrade"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One operation where it happens.

    `before` is its table as those before it left it (None where no revision made one of the name); `new_table` says that
    this very revision created it; `transaction` counts the transactions of the revision, None outside of any.
    """

    revision: Revision
    direction: str
    operation: Operation
    effect: Effect
    before: Table | None = None
    new_table: bool = False
    transaction: int | None = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One direction of a revision: its body, its steps, and the schema before and after."""

    revision: Revision
    direction: str
    body: Body
    steps: tuple[Step, ...]
    before: Schema
    after: Schema


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """All revisions of a tree in their order, each both ways.

    `dialect` is `postgresql`, or the other that the tree is for: then only the graph is judged. `only` are the ids that
    are to be judged (None: all).
    """

    tree: Tree
    changes: tuple[tuple[Change, Change], ...] = ()
    dialect: str = "postgresql"
    only: frozenset[str] | None = None
    facts: Mapping[str, object] = field(default_factory=dict)

    @property
    def upgrades(self) -> Iterator[Change]:
        """What the revisions to be judged do on the way up."""
        return (up for up, _ in self.changes if self.only is None or up.revision.id in self.only)

    @property
    def downgrades(self) -> Iterator[Change]:
        """What they do on the way down."""
        return (down for _, down in self.changes if self.only is None or down.revision.id in self.only)

    def steps(self, kind: type[O], direction: str = UPGRADE) -> Iterator[tuple[Step, O]]:
        """Every operation of a kind with the step it is."""
        for change in self.upgrades if direction == UPGRADE else self.downgrades:
            for step in change.steps:
                if isinstance(step.operation, kind):
                    yield step, step.operation
