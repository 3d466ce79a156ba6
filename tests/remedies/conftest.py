"""What every test of typed remedies needs: a database with a table that must survive them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.postgres import FreshDatabase, PostgresServer
from tests.support.typed import witnessed


@pytest.fixture(scope="module")
def database(postgres18: PostgresServer) -> Iterator[FreshDatabase]:
    """Of each module one of its own."""
    with witnessed(postgres18) as one:
        yield one
