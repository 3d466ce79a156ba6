"""What a log says is wrong: problems, each with its count and its line of the user's code."""
