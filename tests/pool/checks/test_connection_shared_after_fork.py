"""connection-shared-after-fork: one inode in several processes."""

from dataclasses import replace

import pytest

from forge_doctor.finding import Severity
from forge_doctor.pool.snapshot import PoolSnapshot
from forge_doctor.probes.processes.workers import Process, Role
from tests.support.snapshots import findings, only, session, snapshot, worker


def sharing(workers: int, inode: int = 77, master: bool = True, name: str = "") -> PoolSnapshot:
    one = session(1)
    children = [_with_inode(worker(10 + at, one, parent_pid=9, name=name), inode) for at in range(workers)]
    head = [_with_inode(worker(9, one, role=Role.MASTER, parent_pid=1), inode)] if master else []
    return snapshot(one, processes=(*head, *children))


def _with_inode(process: Process, inode: int) -> Process:
    sockets = tuple(replace(socket, inode=inode) for socket in process.database_sockets)
    return replace(process, database_sockets=sockets)


@pytest.mark.parametrize(("workers", "severity"), [(1, Severity.WARNING), (2, Severity.ERROR), (4, Severity.ERROR)])
def test_how_many_speak_on_it_decides(workers: int, severity: Severity) -> None:
    found = only("connection-shared-after-fork", sharing(workers))
    assert found.severity is severity
    assert f"shared by {workers + 1} processes" in found.message
    assert "dispose(close=False)" in found.remedy
    assert found.sessions == (1,)


def test_a_socket_of_ones_own_is_none() -> None:
    assert findings("connection-shared-after-fork", sharing(1, master=False)) == ()


def test_without_inodes_nothing_is_claimed() -> None:
    assert findings("connection-shared-after-fork", sharing(4, inode=0)) == ()


def test_a_pooler_that_hands_its_sockets_over_is_none() -> None:
    assert findings("connection-shared-after-fork", sharing(2, master=False, name="pgbouncer")) == ()
