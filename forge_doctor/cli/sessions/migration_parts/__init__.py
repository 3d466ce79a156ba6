"""What `forge-doctor migrations` does beside reading: the base branch, a database, a throw-away server."""
