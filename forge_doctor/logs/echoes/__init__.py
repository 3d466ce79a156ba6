"""A failure that is told more than once, and who tells it."""
