"""Fixtures every test may ask for; the real servers live in `tests/support`."""

pytest_plugins = ["tests.support.app_server", "tests.support.pgbouncer", "tests.support.postgres"]
