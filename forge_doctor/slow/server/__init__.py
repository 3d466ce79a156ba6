"""What a server tells of its statements: statistics, sessions, tables, plans; judges nothing."""
