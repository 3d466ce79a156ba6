SELECT
  current_setting('max_replication_slots')::int AS max_slots,
  current_setting('max_wal_senders')::int AS max_senders,
  (SELECT count(*) FROM pg_stat_replication)::int AS senders,
  (SELECT setting::int FROM pg_settings WHERE name = 'max_slot_wal_keep_size') AS keep_mb,
  coalesce((
    SELECT json_agg(json_build_object(
      'name', s.slot_name,
      'kind', s.slot_type,
      'database', coalesce(s.database, ''),
      'active', s.active,
      'temporary', s.temporary,
      'wal_status', coalesce(s.wal_status, ''),
      'held_bytes', pg_wal_lsn_diff(
        CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END, s.restart_lsn
      )::bigint,
      'safe_bytes', s.safe_wal_size,
      'inactive_s', extract(epoch FROM clock_timestamp() - (to_jsonb(s) ->> 'inactive_since')::timestamptz)::float8,
      'invalidated', coalesce(to_jsonb(s) ->> 'invalidation_reason', ''),
      'synced', coalesce((to_jsonb(s) ->> 'synced')::boolean, false)
    ) ORDER BY s.slot_name)
    FROM pg_replication_slots AS s
  ), '[]')::text AS slots
