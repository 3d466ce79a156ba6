"""Logs as streams of a program's records: where they come from, what others put round their lines, how records begin."""
