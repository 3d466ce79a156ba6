"""bouncer-prepared-statements: transaction mode and a worker with asyncpg behind it; never more than info."""

import pytest

from forge_doctor.finding import Severity
from forge_doctor.pool.snapshot import Bouncer, PoolSnapshot
from forge_doctor.probes.processes.workers import DatabaseSocket, Endpoint
from tests.support.snapshots import findings, snapshot, worker

TO_BOUNCER = (
    DatabaseSocket(local=Endpoint(address="127.0.0.1", port=50000), remote=Endpoint(address="127.0.0.1", port=6432)),
)


def behind(mode: str, kept: int | None, **of_the_worker: object) -> PoolSnapshot:
    bouncer = Bouncer(version="1.24.1", pool_mode=mode, max_prepared_statements=kept, pools=())
    own = {"libraries": ("asyncpg", "sqlalchemy"), "pooler_sockets": TO_BOUNCER, **of_the_worker}
    return snapshot(bouncer=bouncer, processes=(worker(7, **own),))


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
    found = findings("bouncer-prepared-statements", behind(mode, kept))
    assert [one.severity for one in found] == [Severity.INFO] * number


def test_the_pooler_alone_is_no_evidence() -> None:
    assert findings("bouncer-prepared-statements", behind("transaction", 0, pooler_sockets=())) == ()
    assert findings("bouncer-prepared-statements", behind("transaction", 0, libraries=("psycopg",))) == ()
