"""What logs tell of statements: SQLAlchemy's engine log and PostgreSQL's own, read into counts without a value in them."""
