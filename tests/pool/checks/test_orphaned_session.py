"""orphaned-session: only where the server's end is here and the client's is nowhere."""

import pytest

from forge_doctor.probes.processes.workers import Endpoint
from tests.support.snapshots import findings, only, session, snapshot, worker

LOCAL = ("127.0.0.0/8", "172.17.0.0/16")


def orphan(address: str = "127.0.0.1", **overrides: object) -> object:
    one = session(1, client_addr=address, **overrides)
    gone = (Endpoint(address=address, port=one.client_port or 0),)
    return snapshot(one, processes=(worker(7),), local_networks=LOCAL, half_open=gone)


@pytest.mark.parametrize(("address", "orphaned"), [("172.17.0.9", True), ("10.0.0.9", False), ("127.0.0.1", True)])
def test_only_an_address_of_this_host_alone_proves_it(address: str, orphaned: bool) -> None:
    assert len(findings("orphaned-session", orphan(address))) == orphaned


def test_where_the_server_is_not_proven_to_be_here_nothing_is_claimed() -> None:
    seen = snapshot(session(1), processes=(worker(7),), local_networks=LOCAL, half_open=())
    assert findings("orphaned-session", seen) == ()


def test_a_session_with_a_client_is_none() -> None:
    assert findings("orphaned-session", snapshot(session(1), local_networks=LOCAL)) == ()


@pytest.mark.parametrize(("age_s", "number"), [(2.9, 0), (3.0, 1)])
def test_a_session_that_was_just_opened_may_have_missed_the_look_at_the_sockets(age_s: float, number: int) -> None:
    assert len(findings("orphaned-session", orphan(backend_age_s=age_s))) == number


def test_a_unix_socket_has_no_address_to_look_for() -> None:
    seen = snapshot(session(1, client_addr=None, client_port=-1), processes=(worker(7),), local_networks=LOCAL)
    assert findings("orphaned-session", seen) == ()


def test_it_says_how_many_hold_a_transaction_and_ends_that_client_alone() -> None:
    found = only("orphaned-session", orphan(xact_age_s=4.0))
    assert "1 hold a transaction open" in found.message
    assert "a.pid IN (1) AND (host(a.client_addr), a.client_port) IN (('127.0.0.1', 40001))" in found.remedy


@pytest.mark.parametrize(
    ("overrides", "number"),
    [({}, 1), ({"query_age_s": 2.9}, 0), ({"state": "idle"}, 0), ({"client_addr": "10.0.0.9"}, 1)],
)
def test_a_statement_goes_on_for_a_client_that_has_closed_its_end(overrides: dict[str, object], number: int) -> None:
    told = {
        "client_addr": "127.0.0.1",
        "state": "active",
        "query_age_s": 30.0,
        "statement": "REFRESH MATERIALIZED VIEW v",
    }
    one = session(1, **{**told, **overrides})
    left = (Endpoint(address=one.client_addr or "", port=one.client_port or 0),)
    found = findings("orphaned-session", snapshot(one, processes=(worker(7),), closed_by_client=left))
    assert len(found) == number
    for each in found:
        assert "the other end is closed, and the server goes on with REFRESH" in each.message
        assert "client_connection_check_interval = '10s'" in each.remedy
        assert "tcp_keepalives_idle" not in each.remedy
