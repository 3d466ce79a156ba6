SELECT
  t.oid::bigint AS id,
  t.typname::text AS name,
  t.typtype::text AS kind,
  t.typcategory::text AS category,
  CASE WHEN t.typtype = 'd' THEN t.typbasetype::bigint ELSE 0 END AS base_id,
  t.typtypmod AS modifier,
  CASE WHEN t.typcategory = 'A' THEN t.typelem::bigint ELSE 0 END AS element_id,
  coalesce(r.rngsubtype::bigint, 0) AS subtype_id,
  t.typnotnull AS not_null,
  coalesce((SELECT array_agg(e.enumlabel::text ORDER BY e.enumsortorder) FROM pg_enum AS e WHERE e.enumtypid = t.oid), '{}') AS labels,
  coalesce((SELECT array_agg(a.atttypid::bigint ORDER BY a.attnum) FROM pg_attribute AS a
            WHERE t.typtype = 'c' AND a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped), '{}') AS parts,
  coalesce((SELECT array_agg(pg_get_expr(c.conbin, 0)) FROM pg_constraint AS c
            WHERE t.typtype = 'd' AND c.contypid = t.oid AND c.contype = 'c'), '{}') AS checks
FROM pg_type AS t
LEFT JOIN pg_range AS r ON r.rngtypid = t.oid
WHERE t.typtype <> 'p' AND (t.typtype <> 'c' OR EXISTS (SELECT FROM pg_class AS k WHERE k.oid = t.typrelid AND k.relkind = 'c'))
