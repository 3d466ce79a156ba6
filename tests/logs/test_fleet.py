"""Several processes, and a real Dask cluster over a real S3 endpoint, give what one process gives."""

from __future__ import annotations

import contextlib
import gzip
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from forge_doctor.dataclass import dataclass
from forge_doctor.errors import CannotInspect, UsageProblem
from forge_doctor.logs import parallel
from forge_doctor.logs.collect import Collected, Task, collect
from forge_doctor.logs.culprit import Rules
from forge_doctor.logs.fleet import ObjectSource, collect_on_cluster, find_objects, require
from forge_doctor.logs.parallel import collect_all, merged
from forge_doctor.logs.problems.summary import Summary
from forge_doctor.streams.sources.files import FileSource, LogStream, Source, open_path
from tests.support.log_generator import write_log
from tests.support.postgres import free_port

ROOT = Path(__file__).resolve().parents[2]
RULES = Rules(reference=1_795_000_000.0)
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")


def quiet(_name: str, _bytes: int, _hits: int) -> None:
    """No progress."""


def tasks(sources: list[Any]) -> list[Task]:
    return [Task(source=source, rules=RULES) for source in sources]


def same(parts: list[Collected], others: list[Collected]) -> bool:
    return merged(parts).to_data() == merged(others).to_data()


def renamed(part: Collected, old: str, new: str) -> Collected:
    """The same result as if the source had the other name."""
    data = part.summary.to_data()
    for group in data["groups"]:
        group["sources"] = {name.replace(old, new): count for name, count in group["sources"].items()}
        group["sample"][1] = group["sample"][1].replace(old, new)
    return replace(part, summary=Summary.from_data(data))


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("fleet")
    paths = [folder / f"app-{letter}.log" for letter in "abcd"]
    for seed, path in enumerate(paths):
        write_log(path, 1_000_000, 0.25, seed)
    packed = folder / "app-d.log.gz"
    packed.write_bytes(gzip.compress(paths[3].read_bytes()))
    return [*paths[:3], packed]


def test_processes_give_what_one_process_gives(logs: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "WORTH_BYTES", 0)
    sources = [FileSource(name=str(path), paths=(path,)) for path in logs]
    alone = list(collect_all(tasks(sources), 1, quiet))
    spread = list(collect_all(tasks(sources), 2, quiet))
    assert same(alone, spread)
    assert sum(group.count for group in merged(alone).groups.values()) > 100


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadlySource(FileSource):
    """A log whose first reader is killed in the middle, wherever it runs."""

    mark: Path

    def open(self) -> LogStream:
        return Deadly(open_path(self.paths[0]), self.mark)


class Deadly:
    """Kills its process after the first block, once."""

    def __init__(self, stream: LogStream, mark: Path) -> None:
        self._stream, self._mark, self._blocks = stream, mark, 0

    def readinto(self, buffer: memoryview, /) -> int | None:
        self._blocks += 1
        if self._blocks == 2 and not self._mark.exists():
            self._mark.write_text(str(os.getpid()))
            os.kill(os.getpid(), signal.SIGKILL)
        return self._stream.readinto(buffer[:200_000])

    def close(self) -> None:
        self._stream.close()


def test_a_killed_process_changes_nothing(logs: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "WORTH_BYTES", -1)
    sources: list[Source] = [FileSource(name=str(path), paths=(path,)) for path in logs[:2]]
    deadly = DeadlySource(name=str(logs[0]), paths=(logs[0],), mark=tmp_path / "dead")
    spread = list(collect_all(tasks([deadly, sources[1]]), 2, quiet))
    assert (tmp_path / "dead").exists()
    assert same(spread, [collect(task) for task in tasks(sources)])


@pytest.fixture(scope="module")
def cluster() -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """A scheduler and two workers, each a process of its own, on loopback."""
    # With a nanny, as clusters run them: the worker is a child that is started again.
    with run_cluster(workers=2) as started:
        yield started


@contextlib.contextmanager
def run_cluster(*options: str, workers: int) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    address = f"tcp://127.0.0.1:{free_port()}"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore", **AWS}
    common = {"env": environment, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    port = address.rpartition(":")[2]
    scheduler = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", port]
    worker = [
        sys.executable,
        "-m",
        "distributed.cli.dask_worker",
        address,
        "--nthreads",
        "1",
        "--no-dashboard",
        *options,
    ]
    processes = [subprocess.Popen([*scheduler, "--no-dashboard"], **common)]
    processes += [subprocess.Popen([*worker, "--host", "127.0.0.1"], **common) for _ in range(workers)]
    try:
        wait_for_workers(address, workers)
        yield address, processes
    finally:
        for process in reversed(processes):
            process.terminate()
        for process in processes:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(10)
            process.kill()
            process.wait()


AWS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}


def wait_for_workers(address: str, count: int) -> None:
    from distributed import Client

    deadline = time.monotonic() + 60
    while True:
        try:
            with Client(address, timeout=5, set_as_default=False) as client:
                client.wait_for_workers(count, timeout=30)
                return
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.2)


@pytest.fixture(scope="module")
def bucket(logs: list[Path]) -> Iterator[str]:
    """The logs in a bucket behind an S3 endpoint on loopback."""
    import s3fs

    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    endpoint = f"http://127.0.0.1:{port}"
    old = {key: os.environ.get(key) for key in (*AWS, "AWS_ENDPOINT_URL")}
    os.environ.update(AWS, AWS_ENDPOINT_URL=endpoint)
    try:
        deadline = time.monotonic() + 60
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            assert time.monotonic() < deadline
            time.sleep(0.1)
        storage = s3fs.S3FileSystem(endpoint_url=endpoint)
        storage.mkdir("shop-logs")
        for path in logs:
            storage.put(str(path), f"shop-logs/prod/{path.name}")
        yield endpoint
    finally:
        for key, value in old.items():
            os.environ.pop(key, None) if value is None else os.environ.__setitem__(key, value)
        server.terminate()
        server.wait(10)


@pytest.fixture(scope="module")
def s3_cluster(bucket: str, request: pytest.FixtureRequest) -> str:
    """The cluster's address; its workers are started when the endpoint is known."""
    address: str = request.getfixturevalue("cluster")[0]
    return address


def test_a_cluster_gives_what_one_process_gives(s3_cluster: str, logs: list[Path]) -> None:
    objects = find_objects(["s3://shop-logs/prod/"])
    assert [one.name for one in objects] == [f"s3://shop-logs/prod/{path.name}" for path in logs]
    assert objects == find_objects(["s3://shop-logs/prod/*", "s3://shop-logs/prod/app-a.log"])
    spread = list(collect_on_cluster(tasks(list(objects)), s3_cluster, quiet))
    assert {part.problem for part in spread} == {""}
    local = [collect(task) for task in tasks([FileSource(name=str(path), paths=(path,)) for path in logs])]
    assert same(spread, [renamed(part, str(logs[0].parent), "s3://shop-logs/prod") for part in local])


def test_a_worker_that_dies_in_the_middle_changes_nothing(s3_cluster: str, logs: list[Path], tmp_path: Path) -> None:
    deadly = DeadlySource(name=str(logs[0]), paths=(logs[0],), mark=tmp_path / "dead")
    others = [FileSource(name=str(path), paths=(path,)) for path in logs[1:]]
    spread = list(collect_on_cluster(tasks([deadly, *others]), s3_cluster, quiet))
    assert int((tmp_path / "dead").read_text()) != os.getpid()
    whole = [collect(task) for task in tasks([FileSource(name=str(path), paths=(path,)) for path in logs])]
    assert same(spread, whole)


def test_file_urls_are_read_too(s3_cluster: str, logs: list[Path]) -> None:
    (source,) = find_objects([f"file://{logs[0]}"])
    (part,) = collect_on_cluster(tasks([source]), s3_cluster, quiet)
    assert part.summary.bytes == logs[0].stat().st_size
    assert part.way == "object storage"


def test_what_is_not_there_is_named(s3_cluster: str) -> None:
    with pytest.raises(CannotInspect, match="s3://shop-logs/none/: names no object"):
        find_objects(["s3://shop-logs/none/"])
    gone = ObjectSource(name="s3://shop-logs/prod/gone.log")
    (part,) = collect_on_cluster(tasks([gone]), s3_cluster, quiet)
    assert "s3://shop-logs/prod/gone.log: cannot be read" in part.problem
    with pytest.raises(CannotInspect, match="no scheduler answers there"):
        list(collect_on_cluster(tasks([gone]), f"tcp://127.0.0.1:{free_port()}", quiet))


@dataclass(frozen=True, slots=True, kw_only=True)
class FatalSource(FileSource):
    """A log whose reader kills the scheduler of its own cluster."""

    scheduler: int

    def open(self) -> LogStream:
        os.kill(self.scheduler, signal.SIGKILL)
        return open_path(self.paths[0])


@pytest.mark.slow
def test_a_scheduler_that_dies_is_told_for_each_log_it_had(logs: list[Path]) -> None:
    with run_cluster("--no-nanny", workers=1) as (address, processes):
        pid = processes[0].pid
        fatal = [FatalSource(name=name, paths=(logs[0],), scheduler=pid) for name in ("first", "second")]
        parts = list(collect_on_cluster(tasks(fatal), address, quiet))
    assert sorted(part.name for part in parts) == ["first", "second"]
    lost = f"was not read: the connection to the scheduler {address} was lost before its worker answered"
    assert {part.name: part.problem for part in parts} == {name: f"{name}: {lost}" for name in ("first", "second")}


def test_what_is_not_installed_is_named_with_the_extra_that_brings_it() -> None:
    with pytest.raises(UsageProblem, match="nowhere_to_be_found not installed: pip install "):
        require("nowhere_to_be_found")
