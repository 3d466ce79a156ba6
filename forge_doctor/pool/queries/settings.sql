SELECT
  s.name,
  s.reset_val AS value,
  coalesce(s.unit, '') AS unit,
  (SELECT coalesce(json_agg(json_build_array(r.rolname, d.datname, entry)), '[]')
   FROM pg_db_role_setting AS o
   LEFT JOIN pg_roles AS r ON r.oid = o.setrole
   LEFT JOIN pg_database AS d ON d.oid = o.setdatabase
   CROSS JOIN unnest(o.setconfig) AS entry
   WHERE entry LIKE s.name || '=%')::text AS overrides
FROM pg_settings AS s
WHERE s.name IN (
  'statement_timeout', 'idle_in_transaction_session_timeout', 'lock_timeout', 'transaction_timeout',
  'idle_session_timeout', 'tcp_keepalives_idle', 'max_prepared_transactions',
  'default_transaction_read_only', 'max_standby_streaming_delay', 'hot_standby_feedback'
)
ORDER BY s.name
