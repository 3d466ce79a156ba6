"""The faults of statements: one file each, found by being here."""
