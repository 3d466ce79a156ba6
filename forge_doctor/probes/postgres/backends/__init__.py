"""Who is connected and who waits for whom: the rows of pg_stat_activity and pg_locks, for every slice that asks."""
