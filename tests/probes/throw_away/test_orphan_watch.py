"""A throw-away server ends with the process that made it, also when that is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from forge_doctor.probes.throw_away.orphan_watch import IN_ORDER
from forge_doctor.probes.throw_away.server import WATCH

MAKER = """
import asyncio, sys
from pathlib import Path
from forge_doctor.probes.throw_away.server import own_server

async def main():
    async with own_server(Path(sys.argv[1]), {}, extra="round-trip") as server:
        print(server.port, flush=True)
        await asyncio.sleep(60)

asyncio.run(main())
"""


def wait_until(holds: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def runs(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = tmp_path / "made"
    found.mkdir()
    # PostgreSQL may run as another account, which must reach it.
    for path in (found, *found.parents):
        if path.owner() == tmp_path.owner() and path != Path("/tmp"):
            path.chmod(path.stat().st_mode | 0o011)
    return found


@pytest.mark.parametrize("moment", ["it listens", "it is being made"])
def test_a_server_whose_maker_is_killed_ends_and_its_folder_goes(moment: str, folder: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", MAKER, str(folder)], stdout=subprocess.PIPE, text=True) as maker:
        assert maker.stdout is not None
        if moment == "it listens":
            assert int(maker.stdout.readline())
            server = int((folder / "data" / "postmaster.pid").read_text(encoding="utf-8").splitlines()[0])
            assert runs(server)
        else:
            wait_until(lambda: (folder / "data" / "base").exists())
            server = 0
        maker.send_signal(signal.SIGKILL)
        maker.wait()
    wait_until(lambda: not folder.exists())
    wait_until(lambda: not server or not runs(server))


@pytest.mark.parametrize(("said", "stays"), [(IN_ORDER, True), (b"", False), (b"put aw", False)])
def test_only_a_maker_that_says_so_has_put_it_away_itself(said: bytes, stays: bool, tmp_path: Path) -> None:
    folder = tmp_path / "made"
    (folder / "data").mkdir(parents=True)
    subprocess.run([sys.executable, "-I", "-S", str(WATCH), str(folder)], input=said, check=True)
    assert folder.exists() is stays


def test_a_process_that_has_the_number_by_now_is_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "made"
    (folder / "data").mkdir(parents=True)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as stranger:
        told = f"{stranger.pid}\n{folder / 'data'}\n{os.getpid()}\n"
        (folder / "data" / "postmaster.pid").write_text(told, encoding="utf-8")
        subprocess.run([sys.executable, "-I", "-S", str(WATCH), str(folder)], input=b"", check=True)
        assert stranger.poll() is None
        stranger.communicate(b"\n")
    assert stranger.returncode == 0
