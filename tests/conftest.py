"""Fixtures every test may ask for; the real servers live in `tests/support`."""

# A plugin that imports another comes after it: pytest warns where it can no longer rewrite assertions.
pytest_plugins = [
    "tests.support.postgres",
    "tests.support.pgbouncer",
    "tests.support.tls",
    "tests.support.app_server",
    "tests.support.docker_engine",
]
