"""orphaned-session: nobody on this host has the other end."""

import pytest

from tests.support.snapshots import findings, only, session, snapshot, worker

LOCAL = ("127.0.0.0/8", "172.17.0.0/16")


@pytest.mark.parametrize(("address", "orphaned"), [("172.17.0.9", True), ("10.0.0.9", False), ("127.0.0.1", True)])
def test_only_an_address_of_this_host_alone_proves_it(address: str, orphaned: bool) -> None:
    seen = snapshot(session(1, client_addr=address), processes=(worker(7),), local_networks=LOCAL)
    assert len(findings("orphaned-session", seen)) == orphaned


def test_a_session_with_a_client_is_none() -> None:
    assert findings("orphaned-session", snapshot(session(1), local_networks=LOCAL)) == ()


def test_a_session_that_was_just_opened_may_have_missed_the_look_at_the_sockets() -> None:
    seen = snapshot(session(1, backend_age_s=2.9), processes=(worker(7),), local_networks=LOCAL)
    assert findings("orphaned-session", seen) == ()


def test_without_all_sockets_read_nothing_is_claimed() -> None:
    assert findings("orphaned-session", snapshot(session(1), processes=(worker(7),), local_networks=())) == ()


def test_a_unix_socket_has_no_address_to_look_for() -> None:
    seen = snapshot(session(1, client_addr=None, client_port=-1), processes=(worker(7),), local_networks=LOCAL)
    assert findings("orphaned-session", seen) == ()


def test_it_says_how_many_hold_a_transaction() -> None:
    seen = snapshot(session(1), session(2, xact_age_s=4.0), processes=(worker(7),), local_networks=LOCAL)
    assert "1 hold a transaction open" in only("orphaned-session", seen).message
