"""What differs between the models and the database, one file a kind."""
