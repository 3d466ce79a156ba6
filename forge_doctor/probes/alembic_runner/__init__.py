"""Runs an application's own env.py and revisions, one revision at a time, in a process of the application's Python.

`process` is our side. `child` and what it imports run there: they need Alembic and nothing of ours, and let every
connection go to the throw-away server alone, whatever address the application asks for.
"""
