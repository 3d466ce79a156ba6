"""What pgbouncer's console says: which backend serves which client now, and the line that client wrote down."""

from __future__ import annotations

import pytest

from forge_doctor.pool.inference.source_lines import written_down
from forge_doctor.pool.server.bouncer_rows import bouncer_of
from forge_doctor.pool.snapshot import Bouncer, BouncerLink
from forge_doctor.probes.postgres.pgbouncer import BouncerConsole
from forge_doctor.probes.processes.workers import CodeLine, DatabaseSocket, Endpoint, HeldConnection, Role
from tests.support.snapshots import idle_in_transaction, snapshot, worker

SERVER = {"ptr": "0x51", "link": "0xc1", "remote_pid": "77"}


def client(**overrides: str) -> dict[str, str | None]:
    return {"addr": "127.0.0.1", "port": "50001", "ptr": "0xc1", "link": "0x51", **overrides}


@pytest.mark.parametrize(
    "other",
    [client(link=""), client(link="0x99"), client(port="unix"), client(port="")],
    ids=["waits", "unknown", "unix", "no port"],
)
def test_a_client_is_linked_with_the_backend_that_serves_it(other: dict[str, str | None]) -> None:
    console = BouncerConsole(address="x", version="1.18.0", clients=(client(), other), servers=(SERVER,))
    linked = BouncerLink(client=Endpoint(address="127.0.0.1", port=50001), backend_pid=77)
    assert bouncer_of(console).links == (linked,)


def test_no_backend_yet_or_no_list_is_no_link() -> None:
    connecting = BouncerConsole(
        address="x", version="1.18.0", clients=(client(),), servers=({**SERVER, "remote_pid": "0"},)
    )
    assert bouncer_of(connecting).links == ()
    assert bouncer_of(BouncerConsole(address="x", version="1.15.0", clients=(client(),))).links == ()


@pytest.mark.parametrize(
    ("address", "held_s", "named"), [("127.0.0.1", 9.0, True), ("127.0.0.1", None, False), ("10.0.0.9", 9.0, False)]
)
def test_the_line_behind_a_pooler_is_that_of_the_client_it_serves(
    address: str, held_s: float | None, named: bool
) -> None:
    held = idle_in_transaction(77, 9.0)
    pooler = worker(50, held, role=Role.OTHER, name="pgbouncer")
    own, at = Endpoint(address="127.0.0.1", port=50001), Endpoint(address="127.0.0.1", port=6432)
    line = HeldConnection(backend_pid=3, local_port=50001, lines=(CodeLine(file="api.py", line=7),), held_s=held_s)
    behind = worker(7, pooler_sockets=(DatabaseSocket(local=own, remote=at),), held=(line,))
    link = BouncerLink(client=Endpoint(address=address, port=50001), backend_pid=77)
    seen = snapshot(held, processes=(pooler, behind), bouncer=Bouncer(links=(link,)))
    assert (written_down(held, pooler, seen) is line) is named
