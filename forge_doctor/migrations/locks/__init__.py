"""Which locks an operation takes, whether it rewrites or scans a table, and who waits meanwhile."""
