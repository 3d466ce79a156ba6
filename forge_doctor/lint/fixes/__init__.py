"""Edits of findings applied and checked."""
