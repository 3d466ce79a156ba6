"""What the program is called, where shells are told of it; loads nothing."""

PROGRAM = "forge-doctor"
COMPLETING = "_FORGE_DOCTOR_COMPLETE"
"""The variable by which a shell asks what could stand next."""
BROKEN_PIPE = 141
"""The status that tells a shell that nobody reads what is written (`| head`): 128 and SIGPIPE."""
