SELECT
  n.nspname::text AS schema,
  c.relname::text AS name,
  CASE WHEN tn.nspname = 'public' THEN '' ELSE tn.nspname || '.' END || t.relname AS "table",
  i.indisunique AS is_unique,
  pg_get_indexdef(i.indexrelid) AS definition,
  c.relpages::bigint * current_setting('block_size')::bigint AS size_bytes,
  EXISTS (SELECT FROM pg_stat_progress_create_index AS p WHERE p.index_relid = i.indexrelid OR p.relid = i.indrelid)
    OR EXISTS (SELECT FROM pg_locks AS l WHERE l.relation = i.indrelid AND l.mode = 'ShareUpdateExclusiveLock' AND l.granted
               AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())) AS maybe_building
FROM pg_index AS i
JOIN pg_class AS c ON c.oid = i.indexrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_class AS t ON t.oid = i.indrelid
JOIN pg_namespace AS tn ON tn.oid = t.relnamespace
WHERE NOT i.indisvalid AND c.relkind = 'i' AND t.relpersistence <> 't' AND n.nspname !~ '^pg_'
ORDER BY 1, 2
LIMIT 500
