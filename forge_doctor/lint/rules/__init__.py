"""One module a fault; being in this folder is the registration."""
