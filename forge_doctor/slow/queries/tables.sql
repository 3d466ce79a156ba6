SELECT
  s.schemaname::text AS schema,
  s.relname::text AS name,
  -- What the last ANALYZE counted, unless much has changed since: live rows are counted twice where they were told late.
  CASE WHEN c.reltuples > 0 AND s.n_mod_since_analyze < c.reltuples / 5 THEN c.reltuples
    ELSE greatest(s.n_live_tup, c.reltuples) END::bigint AS rows,
  s.n_dead_tup::bigint AS dead_rows,
  s.n_mod_since_analyze::bigint AS changed,
  (c.relpages::bigint * current_setting('block_size')::int) AS size_bytes,
  coalesce(s.seq_scan, 0)::bigint AS scans,
  coalesce(s.seq_tup_read, 0)::bigint AS rows_scanned,
  coalesce(s.idx_scan, 0)::bigint AS index_scans,
  extract(epoch FROM clock_timestamp() - greatest(s.last_analyze, s.last_autoanalyze))::float8 AS analyzed_age_s,
  extract(epoch FROM clock_timestamp() - greatest(s.last_vacuum, s.last_autovacuum))::float8 AS vacuumed_age_s,
  coalesce((SELECT i.inhparent::regclass::text FROM pg_inherits i WHERE i.inhrelid = c.oid AND c.relispartition), '')
    AS parent,
  coalesce('autovacuum_enabled=false' <> ALL (c.reloptions) AND 'autovacuum_enabled=off' <> ALL (c.reloptions), true)
    AS autovacuum,
  c.relkind = 'p' AS partitioned,
  c.reltuples::bigint AS known_rows,
  c.relpages::bigint AS known_blocks,
  (s.n_tup_ins + s.n_tup_upd + s.n_tup_del)::bigint AS written,
  (s.n_tup_upd + s.n_tup_del)::bigint AS rewritten
FROM pg_stat_user_tables s JOIN pg_class c ON c.oid = s.relid
WHERE c.relpersistence <> 't'
ORDER BY c.relpages DESC, s.relid
LIMIT 5000
