"""The page a person reads, as lines of styled spans: findings, causes and tables for one width; paints nothing."""
