"""Fixtures every test may ask for; the real servers live in `tests/support`."""

pytest_plugins = ["tests.support.postgres", "tests.support.pgbouncer"]
