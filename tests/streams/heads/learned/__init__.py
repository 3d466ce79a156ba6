"""Heads of records in a layout that nobody told."""
