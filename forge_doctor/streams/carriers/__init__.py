"""What others put round a program's line, taken off; guesses nothing of the line itself."""
