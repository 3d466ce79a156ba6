"""What becomes of a session: who makes it, lends it, ends its transactions, closes it."""
