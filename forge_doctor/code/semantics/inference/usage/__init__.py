"""What the uses of a name, a receiver or a function tell of it, where its declaration does not."""
