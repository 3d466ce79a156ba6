SELECT
  current_setting('server_version_num')::int AS version_num,
  current_user::text AS role,
  current_database()::text AS database,
  pg_has_role(current_user, 'pg_read_all_stats', 'USAGE') AS sees_all,
  pg_is_in_recovery() AS in_recovery,
  (SELECT n.nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
   WHERE e.extname = 'pg_stat_statements')::text AS statements_schema,
  (SELECT json_object_agg(v.name, v.columns) FROM (
    SELECT c.relname AS name, json_agg(a.attname) AS columns
    FROM pg_extension e JOIN pg_class c ON c.relnamespace = e.extnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE e.extname = 'pg_stat_statements' AND c.relname IN ('pg_stat_statements', 'pg_stat_statements_info')
    GROUP BY c.relname) v)::text AS statements_views,
  (SELECT n.nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
   WHERE e.extname = 'hypopg')::text AS hypopg_schema,
  (SELECT json_object_agg(name, setting || coalesce(unit, '')) FROM pg_settings WHERE name IN (
    'pg_stat_statements.max', 'pg_stat_statements.track', 'pg_stat_statements.track_utility', 'track_io_timing',
    'jit', 'jit_above_cost', 'plan_cache_mode', 'work_mem', 'track_activity_query_size', 'shared_preload_libraries',
    'compute_query_id', 'autovacuum', 'track_counts', 'track_activities'))::text AS settings,
  (SELECT reset_val FROM pg_settings WHERE name = 'search_path') AS search_path,
  (SELECT count(*) FROM pg_stat_activity WHERE application_name ILIKE 'pgbouncer%')::int AS bouncers
