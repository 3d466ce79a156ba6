WITH held AS MATERIALIZED (
  SELECT * FROM pg_locks WHERE pid IS DISTINCT FROM pg_backend_pid()
)
SELECT
  l.pid,
  l.locktype AS kind,
  l.mode,
  l.granted,
  CASE WHEN n.nspname = 'public' THEN '' ELSE quote_ident(n.nspname) || '.' END || quote_ident(c.relname) AS relation,
  CASE WHEN l.locktype <> 'advisory' THEN NULL
       WHEN l.objsubid = 1 THEN ((l.classid::bigint << 32) | l.objid::bigint)::text
       ELSE l.classid::text || ', ' || l.objid::text END AS key
FROM held AS l
LEFT JOIN pg_class AS c
  ON c.oid = l.relation AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
LEFT JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE NOT l.granted
   OR l.locktype IN ('advisory', 'tuple')
   OR (l.locktype = 'relation' AND EXISTS (
         SELECT FROM held AS w
         WHERE NOT w.granted AND w.locktype = 'relation' AND w.relation = l.relation AND w.database = l.database))
ORDER BY l.pid, l.granted, l.locktype, l.mode
LIMIT 5000
