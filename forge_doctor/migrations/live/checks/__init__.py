"""What is wrong with a database and its migrations, one file a fault."""
