"""What the source of the processes tells the slice."""
