"""A command-line doctor for FastAPI, SQLAlchemy asyncio, asyncpg and PostgreSQL."""

__version__ = "0.1.0"

DOCUMENTATION = "https://example.com/forge-doctor/rules"
"""Where each check has a page of its own (`make docs` builds it); a name that belongs to nobody until there is a place."""
