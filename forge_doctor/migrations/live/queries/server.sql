SELECT
  current_setting('server_version_num')::int AS version_num,
  current_user::text AS role,
  current_database()::text AS database,
  pg_has_role(current_user, 'pg_read_all_stats', 'USAGE') AS sees_all,
  pg_is_in_recovery() AS in_recovery,
  to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"') AS clock,
  (SELECT reset_val FROM pg_settings WHERE name = 'search_path') AS search_path,
  (SELECT reset_val FROM pg_settings WHERE name = 'TimeZone') AS timezone,
  (SELECT reset_val::int FROM pg_settings WHERE name = 'lock_timeout') AS lock_timeout_ms,
  (SELECT count(*) FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
   WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema')::int AS tables
