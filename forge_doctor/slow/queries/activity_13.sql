SELECT
  pid,
  state,
  wait_event_type AS wait_type,
  wait_event AS wait,
  extract(epoch FROM query_start)::float8 AS started,
  extract(epoch FROM xact_start)::float8 AS began,
  extract(epoch FROM clock_timestamp() - query_start)::float8 AS age_s,
  NULL::text AS key,
  query,
  CASE WHEN wait_event_type = 'Lock' THEN array_to_string(pg_blocking_pids(pid), ',') ELSE '' END AS blocked_by,
  application_name ILIKE 'pgbouncer%' AS bouncer
FROM pg_stat_activity
WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()
  AND application_name NOT LIKE 'forge-doctor%'
