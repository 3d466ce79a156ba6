"""What can be read of the application a Python process runs: its engine, its source, its stacks, what it wrote down."""
