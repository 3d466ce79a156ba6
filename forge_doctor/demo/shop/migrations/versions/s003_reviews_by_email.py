"""Reviews are found by the customer's address."""

from __future__ import annotations

from alembic import op

revision = "s003"
down_revision = "s002"


def upgrade() -> None:
    """Nobody can write a review until it is built."""
    # fault: index-blocks-writes
    op.create_index("ix_reviews_email", "reviews", ["email"])


def downgrade() -> None:
    """Away with it, and nobody waits."""
    with op.get_context().autocommit_block():
        op.drop_index("ix_reviews_email", "reviews", postgresql_concurrently=True)
