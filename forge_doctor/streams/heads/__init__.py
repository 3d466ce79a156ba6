"""Where a record of a log begins, and what its head says."""
