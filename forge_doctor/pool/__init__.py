"""Who holds the connections of a PostgreSQL server, why, and what to type."""
