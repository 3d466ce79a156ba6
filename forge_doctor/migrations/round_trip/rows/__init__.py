"""Plausible rows for tables as the catalogue shows them: values by type, keys that agree, checks that hold."""
