"""What env.py and the application's start do with Alembic, read and not run."""
