"""One fault a file; being in this folder is the registration."""
