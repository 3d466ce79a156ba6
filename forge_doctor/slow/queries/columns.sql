SELECT
  n.nspname::text AS schema,
  c.relname::text AS table,
  a.attname::text AS name,
  format_type(a.atttypid, a.atttypmod) AS kind,
  coalesce(s.n_distinct, 0)::float8 AS distinct,
  coalesce(s.null_frac, 0)::float8 AS null_ratio,
  coalesce(s.most_common_freqs[1], 0)::float8 AS most_common,
  coalesce(s.most_common_freqs[array_upper(s.most_common_freqs, 1)], 0)::float8 AS rarest_listed,
  s.attname IS NOT NULL AS known,
  a.attgenerated = 'v' AS virtual
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
-- Column by column, for which OFFSET 0 is there: joined as a whole, the view works through the columns of all tables.
LEFT JOIN LATERAL (
  SELECT p.attname, p.n_distinct, p.null_frac, p.most_common_freqs
  FROM pg_stats p
  WHERE p.schemaname = n.nspname AND p.tablename = c.relname AND p.attname = a.attname AND NOT p.inherited
  OFFSET 0
) s ON true
WHERE n.nspname || '.' || c.relname = ANY ($1::text[])
