"""A revision's id is longer than the column that Alembic keeps it in.

Why: `alembic_version.version_num` is VARCHAR(32). With a longer id the revision runs to its end, then "value too long for
type character varying(32)" takes all of it back: no database gets past it. SQLite, which does not look at lengths, hides it
from the tests.

Bad:

    # revision b002_agent_ownership_and_public_channels after a001
    def upgrade():
        op.add_column("orders", sa.Column("x", sa.Integer))

Good:

    # revision b002_agent_ownership after a001
    def upgrade():
        op.add_column("orders", sa.Column("x", sa.Integer))

Source: Alembic 1.20.1, `MigrationContext.__init__` (String(32)); Abilityai/trinity#1420, where no backend started any more

Wrong when: the column was widened: nothing is told where env.py, a module that it loads, or a revision names
`version_num` or `alembic_version`, or env.py its own `version_table`.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.finding import Confidence, Finding, Severity
from forge_doctor.migrations.history import History

LONGEST = 32
WIDENED = (b"version_num", b"alembic_version", b"version_table")


@check(severity=Severity.CRITICAL)
def revision_id_too_long(history: History) -> Iterator[Finding]:
    """Measure the ids of those to be judged."""
    long = [up.revision for up in history.upgrades if len(up.revision.id) > LONGEST]
    if not long or history.tree.nearby.mentions(*WIDENED):
        return
    if any(one.file.mentions(*WIDENED) for one in history.tree.revisions):
        return
    for revision in long:
        yield Finding(
            severity=Severity.CRITICAL,
            confidence=Confidence.HIGH,
            message=f"{revision.id} has {len(revision.id)} characters, and alembic_version.version_num holds {LONGEST}: "
            "alembic upgrade fails behind its upgrade(), and all of it is rolled back",
            location=revision.place("revision"),
            remedy=f"give it an id of {LONGEST} characters or fewer, and correct the down_revision that follows it",
        )
