"""A constraint is added without a name.

Why: what the server calls it is only seen in the database, and `op.drop_constraint(None, ...)`, which autogenerate
writes into the downgrade, always fails.

Bad:

    def upgrade():
        op.create_unique_constraint(None, "orders", ["id", "status"])

Good:

    def upgrade():
        op.create_unique_constraint("uq_orders_id_status", "orders", ["id", "status"])

Source: https://alembic.sqlalchemy.org/en/latest/naming.html

Wrong when: the metadata of env.py has a naming_convention, which gives it a name: where env.py, or a module it imports,
speaks of one, nothing is said.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.finding import Finding, Severity
from forge_doctor.migrations.history import History
from forge_doctor.migrations.operations.operation import AddConstraint, DropConstraint
from forge_doctor.migrations.wording import found, made_name, quoted

PREFIXES = {"unique": "uq", "foreign key": "fk", "check": "ck", "primary key": "pk", "exclude": "ex"}


@check(severity=Severity.WARNING)
def unnamed_constraint(history: History) -> Iterator[Finding]:
    """Look at every constraint that Alembic adds."""
    unnamed = [
        (step, one)
        for step, one in history.steps(AddConstraint)
        if one.constraint.name == "" and not one.written.is_sql and one.is_resolved
    ]
    if not unnamed or history.tree.nearby.mentions(b"naming_convention"):
        return
    by_its_own = {
        (down.revision.id, step.operation.table)
        for down in history.downgrades
        for step in down.steps
        if isinstance(step.operation, DropConstraint) and step.operation.name
    }
    for step, one in unnamed:
        if (step.revision.id, one.table) in by_its_own:
            continue  # PostgreSQL's own name is known to the downgrade
        name = made_name(PREFIXES[one.constraint.kind], one.table, *one.constraint.columns)
        yield found(
            step,
            Severity.WARNING,
            f"the {one.constraint.kind} constraint on {one.table} has no name: a downgrade cannot drop it by one",
            f"name it {quoted(name)}, or give MetaData a naming_convention",
        )
