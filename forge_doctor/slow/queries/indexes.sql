SELECT
  n.nspname::text AS schema,
  t.relname::text AS table,
  c.relname::text AS name,
  (SELECT json_agg(pg_get_indexdef(i.indexrelid, k, true) ORDER BY k) FROM generate_series(1, i.indnkeyatts) k)::text AS keys,
  (SELECT json_agg(pg_get_indexdef(i.indexrelid, k, true) ORDER BY k)
   FROM generate_series(i.indnkeyatts + 1, i.indnatts) k)::text AS includes,
  m.amname::text AS method,
  i.indisunique AS unique,
  (i.indisprimary OR i.indisexclusion OR i.indisreplident OR i.indisclustered OR c.relispartition OR c.relkind = 'I'
   OR EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid)) AS constraint,
  i.indisvalid AND i.indisready AS valid,
  i.indisready AS ready,
  -- What makes or drops an index CONCURRENTLY locks the table so, and everybody sees locks; of a partitioned table an
  -- index waits for its parts'.
  NOT (i.indisvalid AND i.indisready) AND (c.relkind = 'I' OR i.indrelid IN (
    SELECT l.relation FROM pg_locks l WHERE l.granted AND l.mode = 'ShareUpdateExclusiveLock' AND l.relation IS NOT NULL
      AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()))) AS being_made,
  coalesce(pg_get_expr(i.indpred, i.indrelid, true), '') AS predicate,
  (i.indclass::text || ' ' || i.indcollation::text || ' ' || i.indoption::text) AS options,
  coalesce(s.idx_scan, 0)::bigint AS scans,
  -- Counters outlive a restart: where they were never reset, they are at least as old as the server's start.
  (SELECT extract(epoch FROM clock_timestamp() - coalesce(d.stats_reset, pg_postmaster_start_time()))::float8
   FROM pg_stat_database d WHERE d.datname = current_database()) AS counted_s,
  (c.relpages::bigint * current_setting('block_size')::int) AS size_bytes,
  pg_get_indexdef(i.indexrelid) AS makes
FROM pg_index i
JOIN pg_class c ON c.oid = i.indexrelid
JOIN pg_class t ON t.oid = i.indrelid
JOIN pg_namespace n ON n.oid = t.relnamespace
JOIN pg_am m ON m.oid = c.relam
LEFT JOIN pg_stat_user_indexes s ON s.indexrelid = i.indexrelid
WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\_toast%'
  AND n.nspname NOT LIKE 'pg\_temp%'
ORDER BY c.relpages DESC, i.indexrelid
LIMIT 10000
