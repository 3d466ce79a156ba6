"""What a revision does, operation by operation, whether written with `op` or as SQL."""
