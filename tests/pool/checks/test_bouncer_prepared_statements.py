"""bouncer-prepared-statements: transaction mode against asyncpg's defaults."""

import pytest

from forge_doctor.pool.snapshot import Bouncer
from tests.support.snapshots import findings, snapshot


@pytest.mark.parametrize(
    ("mode", "kept", "number"),
    [
        ("session", None, 0),
        ("transaction", None, 1),
        ("transaction", 0, 1),
        ("transaction", 200, 0),
        ("statement", 0, 1),
    ],
)
def test_only_a_shared_connection_without_kept_statements(mode: str, kept: int | None, number: int) -> None:
    bouncer = Bouncer(version="1.24.1", pool_mode=mode, max_prepared_statements=kept, pools=())
    assert len(findings("bouncer-prepared-statements", snapshot(bouncer=bouncer))) == number
