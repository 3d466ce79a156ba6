"""What the program is called, where shells are told of it; loads nothing."""

PROGRAM = "forge-doctor"
COMPLETING = "_FORGE_DOCTOR_COMPLETE"
"""The variable by which a shell asks what could stand next."""
