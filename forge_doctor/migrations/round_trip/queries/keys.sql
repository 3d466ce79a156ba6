SELECT
  c.conrelid::bigint AS table_id,
  c.contype::text AS kind,
  c.confrelid::bigint AS referenced_id,
  c.condeferrable AS deferrable,
  (SELECT array_agg(a.attname::text ORDER BY k.place) FROM unnest(c.conkey) WITH ORDINALITY AS k (number, place)
   JOIN pg_attribute AS a ON a.attrelid = c.conrelid AND a.attnum = k.number) AS columns,
  (SELECT array_agg(a.attname::text ORDER BY k.place) FROM unnest(c.confkey) WITH ORDINALITY AS k (number, place)
   JOIN pg_attribute AS a ON a.attrelid = c.confrelid AND a.attnum = k.number) AS referenced,
  CASE WHEN c.contype = 'c' THEN pg_get_expr(c.conbin, c.conrelid) END AS expression
FROM pg_constraint AS c
WHERE c.contype IN ('c', 'f', 'p', 'u') AND c.conparentid = 0 AND c.conrelid <> 0
UNION ALL
SELECT i.indrelid::bigint, 'u', 0, false,
  (SELECT array_agg(a.attname::text ORDER BY a.attnum) FROM pg_attribute AS a WHERE a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)),
  NULL, NULL
FROM pg_index AS i
WHERE i.indisunique AND NOT EXISTS (SELECT FROM pg_constraint AS c WHERE c.conindid = i.indexrelid AND c.contype IN ('p', 'u'))
UNION ALL
SELECT p.partrelid::bigint, 'c', 0, false, NULL, NULL,
  (SELECT string_agg('(' || pg_get_partition_constraintdef(leaf.relid) || ')', ' OR ') FROM pg_partition_tree(p.partrelid) AS leaf
   WHERE leaf.isleaf AND leaf.relid <> p.partrelid AND pg_get_partition_constraintdef(leaf.relid) IS NOT NULL)
FROM pg_partitioned_table AS p
