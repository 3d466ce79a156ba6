"""Orders know whether their receipt was sent."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "s002"
down_revision = "s001"


def upgrade() -> None:
    """The default is Python's: PostgreSQL is told of none."""
    # fault: no-server-default
    op.add_column("orders", sa.Column("receipt_sent", sa.Boolean, nullable=False, default=False))


def downgrade() -> None:
    """Away with it."""
    op.drop_column("orders", "receipt_sent")
