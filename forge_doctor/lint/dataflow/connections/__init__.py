"""Which functions reach a session, what leaves them with a connection of it, and what waits meanwhile."""
