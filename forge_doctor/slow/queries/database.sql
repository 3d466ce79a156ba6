SELECT
  (xact_commit + xact_rollback)::bigint AS transactions,
  temp_bytes::bigint AS temp_bytes,
  sessions::bigint AS sessions,
  active_time / 1000 AS active_s,
  idle_in_transaction_time / 1000 AS idle_in_transaction_s
FROM pg_stat_database WHERE datname = current_database()
