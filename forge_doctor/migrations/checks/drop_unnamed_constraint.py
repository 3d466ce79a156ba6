"""A constraint without a name is to be dropped, which always fails.

Why: autogenerate writes `op.drop_constraint(None, ...)` where the model's constraint has no name, and SQLAlchemy refuses
it: "Can't emit DROP CONSTRAINT for constraint ...; it has no name".

Bad:

    def upgrade():
        op.create_unique_constraint("uq_orders_id_status", "orders", ["id", "status"])

    def downgrade():
        op.drop_constraint(None, "orders", type_="unique")

Good:

    def upgrade():
        op.create_unique_constraint("uq_orders_id_status", "orders", ["id", "status"])

    def downgrade():
        op.drop_constraint("uq_orders_id_status", "orders", type_="unique")

Source: https://alembic.sqlalchemy.org/en/latest/naming.html (CompileError, Alembic 1.20.1)

Wrong when: never, where None itself is written: a name that is only known when it runs is left alone.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.finding import Finding, Severity
from forge_doctor.migrations.history import DOWNGRADE, UPGRADE, History
from forge_doctor.migrations.operations.operation import DropConstraint
from forge_doctor.migrations.wording import found


@check(severity=Severity.CRITICAL)
def drop_unnamed_constraint(history: History) -> Iterator[Finding]:
    """Look at every constraint dropped, both ways."""
    for direction in (UPGRADE, DOWNGRADE):
        for step, one in history.steps(DropConstraint, direction):
            if one.name is None:
                yield found(
                    step,
                    Severity.CRITICAL,
                    f"{direction}() of {step.revision.id} drops a constraint of {one.table} by the name None: it always"
                    " fails",
                    "write the name the server gave it (\\d of psql shows it), and name it where it is made",
                )
