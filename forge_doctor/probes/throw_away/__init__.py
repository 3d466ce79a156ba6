"""A PostgreSQL of our own from a wheel, for what must never be tried on anybody's: it is gone when its block ends."""
