"""What the program and its commands are called, where shells are told of it; loads nothing."""

PROGRAM = "forge-doctor"
NAMES = ("triage", "pool", "logs", "lint", "slow", "migrations", "explain", "server", "mcp", "demo", "help")
COMPLETING = "_FORGE_DOCTOR_COMPLETE"
"""The variable by which a shell asks what could stand next."""
BROKEN_PIPE = 141
"""The status that tells a shell that nobody reads what is written (`| head`): 128 and SIGPIPE."""
