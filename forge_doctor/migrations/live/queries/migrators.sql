SELECT DISTINCT l.pid
FROM pg_locks AS l
WHERE l.locktype = 'relation' AND l.granted AND l.pid IS NOT NULL AND l.pid <> pg_backend_pid()
  AND l.mode IN ('RowExclusiveLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND l.relation = ANY ($1::bigint[]::oid[])
ORDER BY 1
