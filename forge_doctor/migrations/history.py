"""One tree with all that its revisions do, step by step, as checks look at it; judges nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeVar

from forge_doctor.dataclass import dataclass, field
from forge_doctor.finding import Location
from forge_doctor.migrations.evaluation.interpreter import Interpreter
from forge_doctor.migrations.locks.effect import Effect
from forge_doctor.migrations.locks.effects import effect_of
from forge_doctor.migrations.operations.operation import (
    Body,
    CreateTable,
    DropIndex,
    EndTransaction,
    OnTable,
    Operation,
    Reindex,
    RenameTable,
)
from forge_doctor.migrations.operations.read import read_body
from forge_doctor.migrations.operations.type_operations import CreateView
from forge_doctor.migrations.replay.apply import apply
from forge_doctor.migrations.replay.known_enums import with_known_enums
from forge_doctor.migrations.replay.schema import Schema, Table
from forge_doctor.migrations.tree.dialect import POSTGRESQL, dialect_of
from forge_doctor.migrations.tree.revision import Revision
from forge_doctor.migrations.tree.tree import Tree
from forge_doctor.sql.quoting import split_name

O = TypeVar("O", bound=Operation)  # noqa: E741

UPGRADE, DOWNGRADE = "upgrade", "downgrade"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One operation where it happens.

    `before` is its table as those before it left it (None where no revision made one of the name); `new_table` says that
    this very body created it, or the view; `transaction` counts the transactions of the revision, None outside of any.
    """

    revision: Revision
    direction: str
    operation: Operation
    effect: Effect
    before: Table | None = None
    new_table: bool = False
    transaction: int | None = 0

    @property
    def location(self) -> Location:
        """Where it stands."""
        return self.operation.written.location


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
    def judged(self) -> Iterator[tuple[Change, Change]]:
        """Both ways of the revisions to be judged."""
        return ((up, down) for up, down in self.changes if self.only is None or up.revision.id in self.only)

    @property
    def operations(self) -> tuple[int, int]:
        """How many operations the revisions to be judged have, and how many of them cannot be told."""
        bodies = [change.body for pair in self.judged for change in pair]
        total = sum(len(body.operations) + len(body.unread) for body in bodies)
        return total, sum(body.untold for body in bodies)

    @property
    def upgrades(self) -> Iterator[Change]:
        """What the revisions to be judged do on the way up."""
        return (up for up, _ in self.judged)

    @property
    def downgrades(self) -> Iterator[Change]:
        """What they do on the way down."""
        return (down for _, down in self.judged)

    @property
    def partitioned(self) -> frozenset[str]:
        """Tables that some revision made as partitioned ones, or made parts of."""
        tables = [one for up, _ in self.changes for one in up.body.operations if isinstance(one, CreateTable)]
        return frozenset({one.table for one in tables if one.is_partitioned} | {one.partition_of for one in tables})

    def steps(self, kind: type[O], direction: str = UPGRADE) -> Iterator[tuple[Step, O]]:
        """Every operation of a kind with the step it is."""
        for change in self.upgrades if direction == UPGRADE else self.downgrades:
            for step in change.steps:
                if isinstance(step.operation, kind):
                    yield step, step.operation


def history_of(tree: Tree, interpreter: Interpreter) -> History:
    """The history of a tree: every revision read, and played after those it needs; for another database than PostgreSQL
    none is."""
    dialect = dialect_of(tree)
    if dialect != POSTGRESQL:
        return History(tree=tree, dialect=dialect)
    schema = Schema()
    changes: list[tuple[Change, Change]] = []
    for revision in tree.graph.order:
        up = played(revision, UPGRADE, read_body(interpreter, revision.upgrade), schema)
        schema = up.after
        down = played(revision, DOWNGRADE, read_body(interpreter, revision.downgrade), schema)
        changes.append((up, down))
    return History(tree=tree, changes=tuple(changes))


def played(revision: Revision, direction: str, body: Body, before: Schema) -> Change:
    """What a body does when it meets that schema, which stays as it is."""
    schema = before.copy()
    steps: list[Step] = []
    counter = _Transactions()
    made: frozenset[str] = frozenset()
    for written in body.operations:
        operation = with_known_enums(written, schema.enums)
        transaction = counter.of(operation)
        table = _table_of(operation, schema)
        steps.append(
            Step(
                revision=revision,
                direction=direction,
                operation=operation,
                effect=effect_of(operation, schema),
                before=table,
                new_table=(table.name if table is not None else getattr(operation, "table", "")) in made,
                transaction=transaction,
            )
        )
        apply(schema, operation, revision.id)
        made |= _made_by(operation, made)
    return Change(revision=revision, direction=direction, body=body, steps=tuple(steps), before=before, after=schema)


def _made_by(operation: Operation, made: frozenset[str]) -> frozenset[str]:
    """The tables that nobody can use yet once this operation is done, beside those known."""
    if isinstance(operation, CreateTable):
        return frozenset({operation.table})
    if isinstance(operation, CreateView):
        return frozenset({operation.name})
    is_made = isinstance(operation, RenameTable) and operation.table in made
    return frozenset({operation.new_name}) if isinstance(operation, RenameTable) and is_made else frozenset()


def _table_of(operation: Operation, schema: Schema) -> Table | None:
    if isinstance(operation, DropIndex | Reindex) and not operation.table:
        return schema.table_of_index(split_name(operation.name or "")[-1])
    return schema.tables.get(operation.table) if isinstance(operation, OnTable) else None


@dataclass(slots=True)
class _Transactions:
    """Counts the transactions of a body: an autocommit block ends one, and so does COMMIT."""

    number: int = 0
    outside: bool = False
    ended: bool = False

    def of(self, operation: Operation) -> int | None:
        """The transaction an operation runs in; None outside of any."""
        if isinstance(operation, EndTransaction):
            self.ended = operation.what in ("COMMIT", "ROLLBACK") and operation.how == "sql"
            self.number += 1
            return None
        if operation.written.autocommit:
            self.outside = True
            return None
        if self.outside:
            self.outside = False
            self.number += 1
        return None if self.ended else self.number
