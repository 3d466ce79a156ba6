"""A sick FastAPI shop on a PostgreSQL of its own, to watch a diagnosis; never touches another server."""
