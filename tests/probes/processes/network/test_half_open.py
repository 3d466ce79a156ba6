"""A client that is gone is claimed only where the server's end of our own connection is among the sockets seen."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from forge_doctor.probes.processes.network.half_open import Proof, closed_by_client, half_open, still_half_open
from forge_doctor.probes.processes.network.socket_look import namespaces_again
from forge_doctor.probes.processes.network.sockets import Namespace, Socket, namespaces_of
from forge_doctor.probes.processes.table import ProcessTable, read_process_table
from forge_doctor.probes.processes.workers import Endpoint

SERVER, OURS, GONE = (Endpoint(address="127.0.0.1", port=port) for port in (5432, 40000, 40001))
PROOF = Proof(server=SERVER, client=OURS)


def row(local: Endpoint, remote: Endpoint) -> Socket:
    return Socket(namespace="n", local=local, remote=remote, listening=False, queue=0, inode=1, uid=0)


def seen(*rows: Socket) -> tuple[Namespace, ...]:
    return (Namespace(name="n", own=True, sockets=rows),)


BOTH_ENDS_OF_OURS = (row(SERVER, OURS), row(OURS, SERVER))


def test_the_servers_end_stands_and_the_clients_is_nowhere() -> None:
    assert half_open(seen(*BOTH_ENDS_OF_OURS, row(SERVER, GONE)), PROOF, [GONE, OURS], ProcessTable()) == (GONE,)


def test_a_client_that_is_there_is_none() -> None:
    rows = (*BOTH_ENDS_OF_OURS, row(SERVER, GONE), row(GONE, SERVER))
    assert half_open(seen(*rows), PROOF, [GONE], ProcessTable()) == ()


def test_a_client_behind_an_address_translation_keeps_its_port() -> None:
    inside = Endpoint(address="172.17.0.4", port=GONE.port)
    rows = (*BOTH_ENDS_OF_OURS, row(SERVER, GONE), row(inside, SERVER))
    assert half_open(seen(*rows), PROOF, [GONE], ProcessTable()) == ()


def test_a_server_elsewhere_proves_nothing_though_a_tunnel_has_its_name_and_port() -> None:
    tunnel = Endpoint(address="127.0.0.1", port=51111)
    rows = (row(SERVER, tunnel), row(tunnel, SERVER))
    assert half_open(seen(*rows), PROOF, [GONE], ProcessTable()) == ()
    assert half_open(seen(*rows), None, [GONE], ProcessTable()) == ()


def test_a_client_that_has_closed_its_end_is_told_wherever_it_is() -> None:
    space = replace(*seen(*BOTH_ENDS_OF_OURS), left=(row(SERVER, GONE),))
    assert closed_by_client((space,), PROOF, [GONE, OURS]) == (GONE,)
    assert closed_by_client((space,), None, [GONE]) == ()


def test_a_session_whose_end_the_server_has_closed_meanwhile_is_none() -> None:
    assert half_open(seen(*BOTH_ENDS_OF_OURS), PROOF, [GONE], ProcessTable()) == ()


def test_a_reading_that_passed_over_a_socket_says_nothing() -> None:
    passed_over = seen(*BOTH_ENDS_OF_OURS, row(SERVER, GONE))
    whole = seen(*BOTH_ENDS_OF_OURS, row(SERVER, GONE), row(GONE, SERVER))
    closed = seen(*BOTH_ENDS_OF_OURS)
    for later, told in ((passed_over, (GONE,)), (whole, ()), (closed, ())):
        assert still_half_open(passed_over, partial(tuple, later), PROOF, [GONE], ProcessTable()) == told


def test_nothing_is_read_again_where_nothing_was_found() -> None:
    def again() -> tuple[Namespace, ...]:
        raise AssertionError

    assert still_half_open(seen(*BOTH_ENDS_OF_OURS), again, PROOF, [OURS], ProcessTable()) == ()


def test_every_namespace_is_there_again() -> None:
    table = read_process_table()
    spaces = namespaces_again(table)
    assert [one.own for one in spaces].count(True) == 1
    assert {one.name for one in spaces} == {*namespaces_of(table.rows)[0].values()}
