"""The SQL of the live part, one statement a file; the sessions and locks are those of `backends`."""
