"""Alembic's migrations: what they lock, break or cannot undo, read without running any of them."""
