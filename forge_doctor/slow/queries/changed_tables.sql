SELECT
  n.nspname::text AS schema,
  c.relname::text AS name,
  s.n_mod_since_analyze::bigint AS changed,
  extract(epoch FROM clock_timestamp() - greatest(s.last_analyze, s.last_autoanalyze))::float8 AS analyzed_age_s,
  c.reltuples::bigint AS known_rows,
  c.relpages::bigint AS known_blocks,
  pg_relation_size(c.oid) / current_setting('block_size')::int AS blocks,
  c.oid IN (SELECT l.relation FROM pg_locks l WHERE l.granted AND l.mode = 'ShareUpdateExclusiveLock'
    AND l.relation IS NOT NULL AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()))
    AS worked_on
FROM pg_stat_user_tables s JOIN pg_class c ON c.oid = s.relid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname || '.' || c.relname = ANY ($1::text[])
