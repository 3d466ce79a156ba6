SELECT
  xact_commit AS commits,
  xact_rollback AS rollbacks,
  deadlocks,
  sessions,
  sessions_abandoned,
  extract(epoch FROM clock_timestamp() - stats_reset)::float8 AS reset_age_s
FROM pg_stat_database
WHERE datname = current_database()
