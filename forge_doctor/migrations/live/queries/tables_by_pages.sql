SELECT
  n.nspname::text AS schema,
  c.relname::text AS name,
  c.relpages::bigint * current_setting('block_size')::bigint AS size_bytes,
  coalesce((SELECT sum(k.relpages) FROM pg_index AS i JOIN pg_class AS k ON k.oid = i.indexrelid WHERE i.indrelid = c.oid), 0)::bigint
    * current_setting('block_size')::bigint AS indexes_bytes,
  greatest(coalesce(s.n_live_tup, 0), CASE WHEN c.reltuples > 0 THEN c.reltuples ELSE 0 END)::bigint AS rows
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_stat_user_tables AS s ON s.relid = c.oid
WHERE c.relkind IN ('r', 'p', 'm') AND c.relpersistence <> 't' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
ORDER BY c.relpages DESC, c.oid
LIMIT 5000
