SELECT
  c.oid::bigint AS table_id,
  quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS table_name,
  a.attname::text AS name,
  a.atttypid::bigint AS type_id,
  a.atttypmod AS modifier,
  format_type(a.atttypid, a.atttypmod) AS type_name,
  a.attnotnull AS not_null,
  a.attgenerated <> '' AS generated
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relpersistence <> 't'
  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
ORDER BY c.oid, a.attnum
