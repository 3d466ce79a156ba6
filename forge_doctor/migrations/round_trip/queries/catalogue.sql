WITH extension_owned AS (
  SELECT classid, objid FROM pg_depend WHERE deptype = 'e'
),
spaces AS (
  SELECT oid, nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
),
relations AS (
  SELECT c.*, array_remove(ARRAY[nullif(n.nspname::text, 'public'), c.relname::text], NULL) AS label
  FROM pg_class AS c JOIN spaces AS n ON n.oid = c.relnamespace
  WHERE c.relpersistence <> 't'
    AND NOT EXISTS (SELECT FROM extension_owned AS e WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid)
),
types AS (
  SELECT t.*, array_remove(ARRAY[nullif(n.nspname::text, 'public'), t.typname::text], NULL) AS label
  FROM pg_type AS t JOIN spaces AS n ON n.oid = t.typnamespace
  WHERE NOT EXISTS (SELECT FROM extension_owned AS e WHERE e.classid = 'pg_type'::regclass AND e.objid = t.oid)
)
SELECT 'schema' AS kind, ARRAY[nspname::text] AS name, '' AS definition, '{}'::text[] AS parent FROM spaces
UNION ALL
SELECT 'extension', ARRAY[extname::text], '', '{}' FROM pg_extension WHERE extname <> 'plpgsql'
UNION ALL
SELECT CASE relkind WHEN 'f' THEN 'foreign table' ELSE 'table' END, label,
  concat_ws(' ', CASE relpersistence WHEN 'u' THEN 'unlogged' END, array_to_string(reloptions, ','),
    CASE WHEN relrowsecurity THEN 'row level security' END, CASE WHEN relforcerowsecurity THEN 'forced' END,
    pg_get_partkeydef(oid), pg_get_expr(relpartbound, oid),
    (SELECT 'inherits ' || string_agg(inhparent::regclass::text, ', ' ORDER BY inhseqno) FROM pg_inherits WHERE inhrelid = relations.oid)),
  '{}'
FROM relations WHERE relkind IN ('r', 'p', 'f')
UNION ALL
SELECT 'column', r.label || a.attname::text,
  concat_ws(' ', format_type(a.atttypid, a.atttypmod), CASE WHEN a.attnotnull THEN 'NOT NULL' END,
    CASE WHEN a.attgenerated <> '' THEN 'generated' WHEN d.oid IS NOT NULL THEN 'default' END,
    pg_get_expr(d.adbin, d.adrelid), CASE a.attidentity WHEN 'a' THEN 'identity always' WHEN 'd' THEN 'identity' END,
    CASE WHEN a.attcollation <> t.typcollation THEN 'collate ' || a.attcollation::regcollation END),
  r.label
FROM relations AS r
JOIN pg_attribute AS a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_type AS t ON t.oid = a.atttypid
LEFT JOIN pg_attrdef AS d ON d.adrelid = r.oid AND d.adnum = a.attnum
WHERE r.relkind IN ('r', 'p', 'f')
UNION ALL
SELECT 'constraint', r.label || c.conname::text, regexp_replace(pg_get_constraintdef(c.oid), ' NOT VALID$', ''), r.label
FROM relations AS r JOIN pg_constraint AS c ON c.conrelid = r.oid
WHERE c.contype IN ('c', 'f', 'p', 'u', 'x') AND c.conparentid = 0
UNION ALL
SELECT 'index', r.label, concat_ws(' ', pg_get_indexdef(i.indexrelid), CASE WHEN NOT i.indisvalid THEN 'INVALID' END), t.label
FROM relations AS r JOIN pg_index AS i ON i.indexrelid = r.oid JOIN relations AS t ON t.oid = i.indrelid
WHERE NOT EXISTS (SELECT FROM pg_constraint AS c WHERE c.conindid = i.indexrelid AND c.contype IN ('p', 'u', 'x'))
  AND NOT r.relispartition
UNION ALL
SELECT CASE relkind WHEN 'm' THEN 'materialized view' ELSE 'view' END, label, pg_get_viewdef(oid), '{}'
FROM relations WHERE relkind IN ('v', 'm')
UNION ALL
SELECT 'sequence', r.label,
  concat_ws(' ', format_type(s.seqtypid, NULL), 'start', s.seqstart, 'increment', s.seqincrement, CASE WHEN s.seqcycle THEN 'cycle' END),
  coalesce((SELECT o.label FROM pg_depend AS d JOIN relations AS o ON o.oid = d.refobjid
    WHERE d.objid = r.oid AND d.classid = 'pg_class'::regclass AND d.deptype IN ('a', 'i') LIMIT 1), '{}')
FROM relations AS r JOIN pg_sequence AS s ON s.seqrelid = r.oid
UNION ALL
SELECT 'enum type', t.label, (SELECT string_agg(quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder) FROM pg_enum AS e WHERE e.enumtypid = t.oid), '{}'
FROM types AS t WHERE t.typtype = 'e'
UNION ALL
SELECT 'domain', t.label,
  concat_ws(' ', format_type(t.typbasetype, t.typtypmod), CASE WHEN t.typnotnull THEN 'NOT NULL' END, 'default ' || t.typdefault,
    (SELECT string_agg(pg_get_constraintdef(c.oid), ' ' ORDER BY c.conname) FROM pg_constraint AS c WHERE c.contypid = t.oid AND c.contype = 'c')), '{}'
FROM types AS t WHERE t.typtype = 'd'
UNION ALL
SELECT 'composite type', t.label,
  (SELECT string_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod), ', ' ORDER BY a.attnum)
   FROM pg_attribute AS a WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped), '{}'
FROM types AS t JOIN pg_class AS c ON c.oid = t.typrelid AND c.relkind = 'c' WHERE t.typtype = 'c'
UNION ALL
SELECT 'range type', t.label, format_type(g.rngsubtype, NULL), '{}' FROM types AS t JOIN pg_range AS g ON g.rngtypid = t.oid
UNION ALL
SELECT CASE p.prokind WHEN 'p' THEN 'procedure' ELSE 'function' END,
  array_remove(ARRAY[nullif(n.nspname::text, 'public'), p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')'], NULL),
  CASE WHEN p.prokind IN ('f', 'p') THEN pg_get_functiondef(p.oid) ELSE 'aggregate' END, '{}'
FROM pg_proc AS p JOIN spaces AS n ON n.oid = p.pronamespace
WHERE NOT EXISTS (SELECT FROM extension_owned AS e WHERE e.classid = 'pg_proc'::regclass AND e.objid = p.oid)
  AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'i')
UNION ALL
SELECT 'trigger', r.label || t.tgname::text, pg_get_triggerdef(t.oid) || CASE t.tgenabled WHEN 'D' THEN ' disabled' ELSE '' END, r.label
FROM relations AS r JOIN pg_trigger AS t ON t.tgrelid = r.oid WHERE NOT t.tgisinternal AND t.tgparentid = 0
UNION ALL
SELECT 'policy', r.label || p.polname::text,
  concat_ws(' ', p.polcmd, CASE WHEN p.polpermissive THEN 'permissive' ELSE 'restrictive' END, pg_get_expr(p.polqual, p.polrelid), 'check', pg_get_expr(p.polwithcheck, p.polrelid)), r.label
FROM relations AS r JOIN pg_policy AS p ON p.polrelid = r.oid
UNION ALL
SELECT 'rule', r.label || w.rulename::text, pg_get_ruledef(w.oid), r.label
FROM relations AS r JOIN pg_rewrite AS w ON w.ev_class = r.oid WHERE w.rulename <> '_RETURN'
UNION ALL
SELECT 'statistics', ARRAY[s.stxname::text], pg_get_statisticsobjdef(s.oid), r.label
FROM pg_statistic_ext AS s JOIN relations AS r ON r.oid = s.stxrelid
