"""Loaded objects: what was loaded and by what query, which attributes are there, what was changed and not yet saved."""
