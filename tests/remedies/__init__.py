"""What is printed to be typed, typed: each statement and command with hostile names in it does what it says, and no more."""
