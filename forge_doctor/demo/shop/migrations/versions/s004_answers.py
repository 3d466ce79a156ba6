"""The shop answers reviews."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "s004"
down_revision = "s003"


def upgrade() -> None:
    """One answer a row, and when."""
    op.create_table(
        "answers",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("review_id", sa.Integer, sa.ForeignKey("reviews.id"), index=True, nullable=False),
        sa.Column("text", sa.String, nullable=False),
    )
    op.add_column("reviews", sa.Column("answered_at", sa.DateTime(timezone=True)))


def downgrade() -> None:
    """The column has another name in upgrade()."""
    # fault: wrong-downgrade
    op.drop_column("reviews", "answered")
    op.drop_table("answers")
