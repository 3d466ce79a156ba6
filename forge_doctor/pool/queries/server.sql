SELECT
  current_setting('server_version_num')::int AS version_num,
  current_setting('max_connections')::int AS max_connections,
  current_setting('superuser_reserved_connections')::int AS superuser_reserved,
  coalesce(current_setting('reserved_connections', true), '0')::int AS reserved,
  current_user::text AS role,
  current_database()::text AS database,
  pg_has_role(current_user, 'pg_read_all_stats', 'USAGE') AS sees_all,
  host(inet_server_addr()) AS server_addr,
  inet_server_port() AS server_port,
  host(inet_client_addr()) AS client_addr,
  inet_client_port() AS client_port,
  pg_is_in_recovery() AS in_recovery,
  to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"') AS clock,
  (SELECT count(*) FROM pg_stat_activity WHERE usesysid IS NULL OR backend_type <> 'client backend')::int
    AS background_processes,
  (SELECT coalesce(json_object_agg(rolname, rolconnlimit), '{}') FROM pg_roles WHERE rolconnlimit >= 0)::text
    AS role_limits,
  (SELECT coalesce(json_object_agg(datname, datconnlimit), '{}') FROM pg_database WHERE datconnlimit >= 0)::text
    AS database_limits,
  (SELECT coalesce(json_agg(rolname), '[]') FROM pg_roles WHERE rolsuper)::text AS superusers
