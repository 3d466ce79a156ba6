"""How the models and a database differ, by the autogenerate of the application's own Alembic."""
