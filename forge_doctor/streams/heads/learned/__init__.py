"""Heads of records in a layout that nobody told: learned from the lines of a stream by their parts, time and level."""
