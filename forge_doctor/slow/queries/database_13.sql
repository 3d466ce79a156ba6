SELECT
  (xact_commit + xact_rollback)::bigint AS transactions,
  temp_bytes::bigint AS temp_bytes,
  NULL::bigint AS sessions,
  NULL::float8 AS active_s,
  NULL::float8 AS idle_in_transaction_s
FROM pg_stat_database WHERE datname = current_database()
