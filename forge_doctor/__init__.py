"""A command-line doctor for FastAPI, SQLAlchemy asyncio, asyncpg and PostgreSQL."""

__version__ = "0.1.0"
