"""One fault of env.py or of the application's start a file; being in this folder is the registration."""
