"""Objects whose values were thrown away: what expires them, what fills them again, what is read of them in between."""
