SELECT
  pid,
  'VACUUM: ' || phase || ', ' || heap_blks_scanned || ' of ' || heap_blks_total || ' pages scanned' AS progress
FROM pg_stat_progress_vacuum
UNION ALL
SELECT pid, command || ': ' || phase AS progress
FROM pg_stat_progress_create_index
