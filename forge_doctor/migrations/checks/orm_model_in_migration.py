"""A migration reads or writes through a mapped class of the application.

Why: the class is the one of today, the table the one of then: as soon as a later revision adds a column to the model,
this revision selects a column that is not there yet, and a fresh database can no longer be built.

Bad:

    from sqlalchemy.orm import Session
    from shop.models import Order

    def upgrade():
        with Session(op.get_bind()) as session:
            for order in session.scalars(sa.select(Order)):
                order.status = "new"

Good:

    orders = sa.table("orders", sa.column("id", sa.Integer), sa.column("status", sa.Text))

    def upgrade():
        op.execute(orders.update().where(orders.c.status.is_(None)).values(status="new"))

Source: https://alembic.sqlalchemy.org/en/latest/cookbook.html

Wrong when: the class is no mapped one. A class written in the revision itself is left alone; where the module of the class
was not found, the confidence is medium.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.code.syntax.nodes import ImportFrom
from forge_doctor.dataclass import replace
from forge_doctor.finding import Confidence, Finding, Location, Severity
from forge_doctor.migrations.history import DOWNGRADE, UPGRADE, History, Step
from forge_doctor.migrations.operations.operation import UseModel
from forge_doctor.migrations.wording import found


@check(severity=Severity.ERROR)
def orm_model_in_migration(history: History) -> Iterator[Finding]:
    """Look at what is queried, and at where it was imported."""
    told: set[tuple[str, str]] = set()
    for direction in (UPGRADE, DOWNGRADE):
        for step, use in history.steps(UseModel, direction):
            at_use = _found(step, use)
            yield at_use
            key = (step.revision.path, use.model)
            place = None if key in told else _import_of(step, use.model.rpartition(".")[2])
            told.add(key)
            if place is not None:
                yield replace(at_use, location=place, message=f"{at_use.message}: it is imported here")


def _import_of(step: Step, name: str) -> Location | None:
    file = step.revision.file
    imports = (node for node in file.module.find(ImportFrom) if name in node.text.replace(",", " ").split())
    return next((file.location(node) for node in imports), None)


def _found(step: Step, use: UseModel) -> Finding:
    name = use.model.rpartition(".")[2]
    return found(
        step,
        Severity.ERROR,
        f"{name} is the application's class of today: its columns may not be there yet when {step.revision.id} runs on a"
        " fresh database",
        f'describe what this revision needs: sa.table("...", sa.column("id"), ...) in the place of {name}',
        confidence=Confidence.HIGH if use.is_found else Confidence.MEDIUM,
    )
