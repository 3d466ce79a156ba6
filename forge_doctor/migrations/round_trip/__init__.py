"""Each revision up, down and up again on a throw-away PostgreSQL, with and without rows, the catalogue compared."""
