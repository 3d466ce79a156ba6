"""Which names a file binds, in which scope, and what it tells the rest of its project."""
