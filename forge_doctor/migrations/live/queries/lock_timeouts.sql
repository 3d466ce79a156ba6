SELECT
  coalesce(r.rolname::text, '') AS role,
  coalesce(d.datname::text, '') AS database,
  split_part(entry, '=', 2) AS value
FROM pg_db_role_setting AS o
LEFT JOIN pg_roles AS r ON r.oid = o.setrole
LEFT JOIN pg_database AS d ON d.oid = o.setdatabase
CROSS JOIN unnest(o.setconfig) AS entry
WHERE entry LIKE 'lock_timeout=%' AND (d.datname IS NULL OR d.datname = current_database())
ORDER BY 1, 2
