"""Which source files there are, their text and their module names; parses none."""
