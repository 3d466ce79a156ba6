"""One fault of a migration tree a file; being in the folder is the registration."""
