WITH waiter AS (
  SELECT pid, NULL::timestamptz AS since FROM pg_locks WHERE NOT granted GROUP BY pid
)
SELECT
  a.pid,
  coalesce(a.usename::text, '') AS "user",
  coalesce(a.datname::text, '') AS database,
  coalesce(a.application_name, '') AS application_name,
  a.backend_type IS NULL AS hidden,
  coalesce(a.backend_type, CASE WHEN a.usesysid IS NULL OR a.datid IS NULL THEN 'hidden' ELSE 'client backend' END)
    AS backend_type,
  host(a.client_addr) AS client_addr,
  a.client_port,
  a.state,
  a.wait_event_type,
  a.wait_event,
  extract(epoch FROM clock_timestamp() - a.backend_start)::float8 AS backend_age_s,
  extract(epoch FROM clock_timestamp() - a.xact_start)::float8 AS xact_age_s,
  extract(epoch FROM clock_timestamp() - a.query_start)::float8 AS query_age_s,
  extract(epoch FROM clock_timestamp() - a.state_change)::float8 AS state_age_s,
  extract(epoch FROM clock_timestamp() - waiter.since)::float8 AS lock_wait_s,
  a.backend_xid IS NOT NULL OR a.backend_xmin IS NOT NULL AS holds_back_vacuum,
  CASE WHEN a.backend_type IS NULL THEN '' ELSE left(a.query, 8000) END AS query,
  CASE WHEN waiter.pid IS NULL THEN '' ELSE array_to_string(pg_blocking_pids(a.pid), ',') END AS blocked_by
FROM pg_stat_activity AS a
LEFT JOIN waiter ON waiter.pid = a.pid
WHERE a.pid <> pg_backend_pid()
  AND (a.usesysid IS NOT NULL OR a.datid IS NOT NULL OR a.backend_type = 'startup')
ORDER BY a.pid
