SELECT
  n.nspname::text AS schema,
  t.relname::text AS "table",
  c.conname::text AS name,
  c.contype::text AS kind,
  pg_get_constraintdef(c.oid) AS definition,
  t.relpages::bigint * current_setting('block_size')::bigint AS table_bytes,
  greatest(t.reltuples, 0)::bigint AS rows
FROM pg_constraint AS c
JOIN pg_class AS t ON t.oid = c.conrelid
JOIN pg_namespace AS n ON n.oid = t.relnamespace
WHERE NOT c.convalidated AND c.conparentid = 0 AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
ORDER BY 1, 2, 3
LIMIT 500
