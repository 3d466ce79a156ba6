SELECT
  pid,
  command || ': ' || phase
    || CASE WHEN blocks_total > 0 THEN ', ' || blocks_done || ' of ' || blocks_total || ' blocks' ELSE '' END
    || CASE WHEN lockers_total > 0 THEN ', waits for ' || (lockers_total - lockers_done) || ' of ' || lockers_total || ' lockers' ELSE '' END
    AS progress
FROM pg_stat_progress_create_index
UNION ALL
SELECT pid, command || ': ' || phase FROM pg_stat_progress_cluster
UNION ALL
SELECT pid, 'VACUUM: ' || phase FROM pg_stat_progress_vacuum
