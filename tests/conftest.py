"""Fixtures every test may ask for; the real servers live in `tests/support`."""
