"""What shells are told of the program: its name, and what can stand next."""
