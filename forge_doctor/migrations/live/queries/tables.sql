WITH closed AS (
  SELECT relation FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND relation IS NOT NULL AND pid <> pg_backend_pid()
),
sized AS (
  SELECT c.oid, n.nspname, c.relname, c.relkind, c.reltuples, c.relpages,
    EXISTS (SELECT FROM closed WHERE relation = c.oid OR relation IN (SELECT indexrelid FROM pg_index WHERE indrelid = c.oid)
            OR relation IN (SELECT relid FROM pg_partition_tree(c.oid))) AS is_closed
  FROM pg_class AS c
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'm') AND c.relpersistence <> 't' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  ORDER BY c.relpages DESC, c.oid
  LIMIT 5000
)
SELECT
  c.nspname::text AS schema,
  c.relname::text AS name,
  CASE WHEN c.is_closed THEN c.relpages::bigint * current_setting('block_size')::bigint
       WHEN c.relkind = 'p' THEN coalesce((SELECT sum(pg_table_size(leaf.relid)) FROM pg_partition_tree(c.oid) AS leaf WHERE leaf.isleaf), 0)
       ELSE pg_table_size(c.oid) END::bigint AS size_bytes,
  CASE WHEN c.is_closed THEN 0
       WHEN c.relkind = 'p' THEN coalesce((SELECT sum(pg_indexes_size(leaf.relid)) FROM pg_partition_tree(c.oid) AS leaf WHERE leaf.isleaf), 0)
       ELSE pg_indexes_size(c.oid) END::bigint AS indexes_bytes,
  greatest(coalesce(s.n_live_tup, 0), CASE WHEN c.reltuples > 0 THEN c.reltuples ELSE 0 END)::bigint AS rows
FROM sized AS c
LEFT JOIN pg_stat_user_tables AS s ON s.relid = c.oid
ORDER BY c.relpages DESC, c.oid
