"""What there is to look at, found from what runs: each step says what it found, and where it learned it."""
