"""A revision creates what the application's models say today.

Why: `metadata.create_all()` makes other tables in each release: a database made last year lacks the columns that one made
today gets from the very same revision, and where a later revision adds one, it fails on the new database with "already
exists". Tests that begin with an empty database see nothing of it.

Bad:

    from shop.models import Base

    def upgrade():
        Base.metadata.create_all(op.get_bind())

Good:

    def upgrade():
        op.create_table("invoices", sa.Column("id", sa.Integer, primary_key=True))

Source: https://alembic.sqlalchemy.org/en/latest/cookbook.html (Building an Up to Date Database from Scratch)

Wrong when: the metadata is the revision's own, written in it: only one that it imports is told. `create_all(tables=[...])` and
a `Table.create()` are as much of today.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.code.semantics.names.bindings import bindings_of
from forge_doctor.code.syntax.nodes import Import, ImportFrom
from forge_doctor.finding import Finding, Severity
from forge_doctor.migrations.history import DOWNGRADE, UPGRADE, History, Step
from forge_doctor.migrations.operations.operation import Unresolved
from forge_doctor.migrations.wording import found

LIBRARIES = ("sqlalchemy", "sqlmodel.", "alembic")


@check(severity=Severity.ERROR)
def create_all_in_migration(history: History) -> Iterator[Finding]:
    """Look at whose metadata is created."""
    for direction in (UPGRADE, DOWNGRADE):
        for step, one in history.steps(Unresolved, direction):
            if one.what in ("create_all", "drop_all") and _is_imported(step):
                verb = "creates" if one.what == "create_all" else "drops"
                yield found(
                    step,
                    Severity.ERROR,
                    f"{step.revision.id} {verb} what the models of the release at hand say, which is other tables and columns in each"
                    " release",
                    "op.create_table() for each table as it was then; alembic revision --autogenerate writes them"
                    if one.what == "create_all"
                    else "op.drop_table() for each table that this revision created",
                )


def _is_imported(step: Step) -> bool:
    """Whether the metadata is of a name that the revision imports, from elsewhere than a library."""
    name = step.operation.written.text.partition(".")[0].strip()
    for kind in (Import, ImportFrom):
        for node in step.revision.file.module.find(kind):
            for bound in bindings_of(node):
                if bound.name == name and not bound.module.startswith(LIBRARIES):
                    return True
    return False
