SELECT
  xact_commit AS commits,
  xact_rollback AS rollbacks,
  deadlocks,
  NULL::bigint AS sessions,
  NULL::bigint AS sessions_abandoned,
  extract(epoch FROM clock_timestamp() - stats_reset)::float8 AS reset_age_s,
  coalesce(c.confl_lock, 0)::bigint AS conflicts_lock,
  coalesce(c.confl_snapshot, 0)::bigint AS conflicts_snapshot,
  coalesce(c.confl_bufferpin, 0)::bigint AS conflicts_pin,
  coalesce(c.confl_deadlock, 0)::bigint AS conflicts_deadlock
FROM pg_stat_database AS d
LEFT JOIN pg_stat_database_conflicts AS c USING (datid)
WHERE d.datname = current_database()
