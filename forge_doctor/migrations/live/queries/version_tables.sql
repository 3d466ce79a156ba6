SELECT
  n.nspname::text AS schema,
  c.relname::text AS name,
  c.oid::bigint AS id,
  pg_get_userbyid(c.relowner)::text AS owner,
  has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT') AS readable
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND (SELECT array_agg(a.attname::text || ' ' || a.atttypid::regtype::text) FROM pg_attribute AS a
       WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) = ARRAY['version_num character varying']
ORDER BY 1, 2
LIMIT 200
