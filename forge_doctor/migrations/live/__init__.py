"""What a database says of its migrations: where it stands, what is left half done, who waits, what is pending costs."""
