"""orphaned-prepared-transaction: locks that outlive every session."""

from forge_doctor.pool.snapshot import PreparedTransaction
from tests.support.snapshots import findings, only, server, snapshot


def prepared(age_s: float, gid: str = "tx-1") -> object:
    return snapshot(server=server(prepared=(PreparedTransaction(gid=gid, owner="shop", database="shop", age_s=age_s),)))


def test_a_minute_is_the_limit() -> None:
    assert findings("orphaned-prepared-transaction", prepared(59.9)) == ()
    assert (
        "gid = 'tx-1' AND database = current_database()" in only("orphaned-prepared-transaction", prepared(60.0)).remedy
    )


def test_a_quote_in_the_name_is_doubled() -> None:
    assert "gid = 'it''s' AND" in only("orphaned-prepared-transaction", prepared(90.0, "it's")).remedy
