"""Which lines of a project may have sent a statement, told from its source alone."""
