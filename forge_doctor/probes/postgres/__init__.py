"""One PostgreSQL server: where it is, login, one read-only look, pgbouncer in between."""
