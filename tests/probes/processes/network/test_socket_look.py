"""A process that began or ended while the machine was looked at is no failure to look."""

from __future__ import annotations

import subprocess
import sys
from socket import create_server

import pytest

from forge_doctor.probes.processes.network.socket_look import SocketLook, look_at_sockets
from forge_doctor.probes.processes.table import ProcessTable, read_process_table

CONNECTS = """
import socket, sys
own = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
print(flush=True)
input()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_connection_of_a_process_begun_after_the_table_was_read_is_no_secret() -> None:
    before = read_process_table()
    with create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with subprocess.Popen(
            [sys.executable, "-S", "-c", CONNECTS, str(port)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as script:
            assert script.stdout is not None
            script.stdout.readline()
            unlisted, listed = _look(before, port), _look(read_process_table(), port)
            script.communicate(b"\n")
    assert script.pid in listed.database
    assert unlisted.database == {}
    assert listed.unowned == unlisted.unowned == ()


def _look(table: ProcessTable, port: int) -> SocketLook:
    return look_at_sockets(table, (), (), ["127.0.0.1"], port, ())
