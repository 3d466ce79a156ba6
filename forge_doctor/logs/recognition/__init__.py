"""Blocks to events: which fault an exception or a message tells of, and whose line it was."""
