"""A command-line doctor for FastAPI, SQLAlchemy asyncio, asyncpg and PostgreSQL."""

__version__ = "0.1.0"

DOCUMENTATION = "https://example.com/forge-doctor/rules"
"""Where each check has a section of its own, `#<id>`; until there is such a place, a name that belongs to nobody."""
