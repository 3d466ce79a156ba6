"""Runs the patient under every application server people use, as real processes; stops exactly what it started."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeVar

import psutil
import pytest

from tests.support.postgres import free_port

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = Path(sys.executable).parent
APPLICATION = "tests.support.patient_app:app"
READY_S = 90.0
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class AppServer:
    """A running service. `pid` is the process that was started; `workers` run the application."""

    kind: str
    base_url: str
    port: int
    pid: int
    workers: tuple[int, ...]
    log: Path
    _open: list[http.client.HTTPConnection] = field(default_factory=list)

    def get(self, path: str, timeout: float = 10, worker: int | None = None) -> Any:
        """The decoded answer of `path`, of a certain worker if asked; raises on any status but 200."""
        connection = self._connection(worker, timeout)
        try:
            return _asked(connection, path)
        finally:
            connection.close()

    def send(self, path: str, worker: int | None = None) -> None:
        """Ask for `path` and do not wait: the request stays in flight until the server stops."""
        connection = self._connection(worker, timeout=10)
        self._open.append(connection)
        connection.request("GET", path)

    def hang_up(self) -> None:
        """Close what `send` left open."""
        while self._open:
            self._open.pop().close()

    def _connection(self, worker: int | None, timeout: float) -> http.client.HTTPConnection:
        """A connection, kept alive, that the given worker has accepted; may block the others for a moment."""
        if worker is None:
            return http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        with contextlib.ExitStack() as wrong:
            deadline = time.monotonic() + 30
            while time.monotonic() < deadline:
                candidate = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
                with contextlib.suppress(OSError, http.client.HTTPException):
                    if _asked(candidate, "/worker")["pid"] == worker:
                        candidate.sock.settimeout(timeout)
                        return candidate
                    # The kernel may wake the same worker for ever: keep it from accepting the next one.
                    candidate.request("GET", "/block-loop?seconds=0.3")
                wrong.callback(candidate.close)
        raise AssertionError(f"worker {worker} accepted no connection within 30 s")


class StartApp(Protocol):
    """What the fixture `app_server` gives: start a service, get its handle."""

    def __call__(
        self,
        dsn: str,
        kind: str = "uvicorn",
        *,
        workers: int = 1,
        pool_size: int = 5,
        max_overflow: int = 10,
        pool_timeout: float = 30,
        pool_class: str = "AsyncAdaptedQueuePool",
        application_name: str = "patient",
        env: Mapping[str, str] | None = None,
    ) -> AppServer: ...


@contextlib.contextmanager
def running_apps(folder: Path) -> Iterator[StartApp]:
    """Start services; end them all on leaving. For fixtures of any scope."""
    with contextlib.ExitStack() as stack:

        def start(
            dsn: str,
            kind: str = "uvicorn",
            *,
            workers: int = 1,
            pool_size: int = 5,
            max_overflow: int = 10,
            pool_timeout: float = 30,
            pool_class: str = "AsyncAdaptedQueuePool",
            application_name: str = "patient",
            env: Mapping[str, str] | None = None,
        ) -> AppServer:
            environment = {
                "PATIENT_DSN": asyncpg_url(dsn),
                "PATIENT_POOL_SIZE": str(pool_size),
                "PATIENT_MAX_OVERFLOW": str(max_overflow),
                "PATIENT_POOL_TIMEOUT": str(pool_timeout),
                "PATIENT_POOL_CLASS": pool_class,
                "PATIENT_APPLICATION_NAME": application_name,
                **(env or {}),
            }
            return stack.enter_context(_running(kind, workers, environment, folder))

        yield start


@pytest.fixture
def app_server(tmp_path: Path) -> Iterator[StartApp]:
    """`app_server(dsn, "gunicorn", workers=2)`: a real service for the length of the test."""
    with running_apps(tmp_path) as start:
        yield start


def asyncpg_url(dsn: str) -> str:
    """The URL as SQLAlchemy needs it for asyncpg."""
    return "postgresql+asyncpg://" + dsn.partition("://")[2]


def command(kind: str, port: int, workers: int) -> list[str]:
    """The command line a user would type for that kind of server."""
    bind = ["--host", "127.0.0.1", "--port", str(port)]
    several = ["--workers", str(workers)] if workers > 1 else []
    uvicorn = [f"{SCRIPTS}/uvicorn", APPLICATION, *bind, "--timeout-graceful-shutdown", "1"]
    patient = "tests/support/patient_app.py"
    gunicorn = [f"{SCRIPTS}/gunicorn", APPLICATION, "-w", str(workers), "-b", f"127.0.0.1:{port}"]
    gunicorn += ["--graceful-timeout", "1", "-k"]
    known: dict[str, list[str]] = {
        "uvicorn": [*uvicorn, *several],
        "uvicorn-env": uvicorn,
        "uvicorn-module": [sys.executable, "-m", "uvicorn", *uvicorn[1:], *several],
        "uvicorn-reload": [*uvicorn, "--reload", "--reload-dir", "tests/support"],
        "uvicorn-in-shell": ["sh", "-c", f"{' '.join([*uvicorn, *several])}; true"],
        "gunicorn": [*gunicorn, "uvicorn.workers.UvicornWorker"],
        "gunicorn-asgi": [*gunicorn, "asgi"],
        "gunicorn-plain": [*gunicorn, "asgi"],
        "hypercorn": [f"{SCRIPTS}/hypercorn", "-w", str(workers), "-b", f"127.0.0.1:{port}", APPLICATION],
        "granian": [f"{SCRIPTS}/granian", "--interface", "asgi", *bind, "--workers", str(workers), APPLICATION],
        "fastapi-run": [f"{SCRIPTS}/fastapi", "run", patient, *bind, *several],
        "fastapi-dev": [f"{SCRIPTS}/fastapi", "dev", patient, *bind],
        "programmatic": [sys.executable, patient],
    }
    return known[kind]


@contextlib.contextmanager
def _running(kind: str, workers: int, environment: Mapping[str, str], folder: Path) -> Iterator[AppServer]:
    for attempt in range(3):  # another process may take the free port first
        port = free_port()
        place = folder / f"{kind}-{port}"
        place.mkdir(parents=True)
        log = place / "server.log"
        with _process(kind, port, workers, environment, place, log) as process:
            pids = _wait_until_ready(process, place, workers, port)
            if pids is None and "in use" in log.read_text() and attempt < 2:
                continue
            assert pids is not None, f"{kind} did not start:\n{log.read_text()[-3000:]}"
            url = f"http://127.0.0.1:{port}"
            server = AppServer(kind=kind, base_url=url, port=port, pid=process.pid, workers=pids, log=log)
            try:
                yield server
            finally:
                server.hang_up()
            return


@contextlib.contextmanager
def _process(
    kind: str, port: int, workers: int, environment: Mapping[str, str], place: Path, log: Path
) -> Iterator[subprocess.Popen[bytes]]:
    inherited = {key: value for key, value in os.environ.items() if key != "WEB_CONCURRENCY"}
    paths = [str(ROOT)]
    if kind == "gunicorn-plain":  # as where setproctitle is not installed
        place.joinpath("setproctitle.py").write_text("raise ImportError\n")
        paths.insert(0, str(place))
    pids = place / "pids"
    pids.mkdir()
    own = {"PATIENT_PID_DIR": str(pids), "PATIENT_PORT": str(port), "PYTHONPATH": os.pathsep.join(paths)}
    own |= {"PYTHONUNBUFFERED": "1", "PYTHONWARNINGS": "ignore", "HOME": str(place)}  # gunicorn writes there
    with log.open("wb") as output:
        process = subprocess.Popen(
            command(kind, port, workers),
            cwd=ROOT,
            env={**inherited, **own, **environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        stop_group(process)


def stop_group(process: subprocess.Popen[bytes], grace_s: float = 1.0) -> None:
    """End the process politely, then everything it started.

    multiprocessing's resource tracker is given a moment after its parent: it removes the semaphores.
    """
    with contextlib.suppress(psutil.NoSuchProcess):
        children = psutil.Process(process.pid).children(recursive=True)
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(grace_s)
        process.kill()
        wait_for(lambda: None if any(map(_runs, children)) else True, grace_s)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _runs(process: psutil.Process) -> bool:
    """Whether it still does anything: where nobody collects orphans, a dead one stays listed."""
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _wait_until_ready(process: subprocess.Popen[bytes], place: Path, workers: int, port: int) -> tuple[int, ...] | None:
    """The pids of the workers once all have started and one answers; None if the server gave up."""
    return wait_for(lambda: _started(place, workers, port), READY_S, lambda: process.poll() is not None)


def _started(place: Path, workers: int, port: int) -> tuple[int, ...] | None:
    pids = tuple(sorted(int(entry.name) for entry in place.joinpath("pids").iterdir()))
    return pids if len(pids) >= workers and answers(port) else None


def answers(port: int) -> bool:
    """Whether the service answers a request that needs no database."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        return "pid" in _asked(connection, "/worker")
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def wait_for(look: Callable[[], T | None], seconds: float, give_up: Callable[[], bool] = lambda: False) -> T | None:
    """What `look` gives once it is not None; None after `seconds` or when `give_up` says so."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if (found := look()) is not None:
            return found
        if give_up():
            return None
        time.sleep(0.05)
    return None


def _asked(connection: http.client.HTTPConnection, path: str) -> Any:
    connection.request("GET", path)
    response = connection.getresponse()
    body = response.read()
    assert response.status == 200, f"{path}: {response.status} {body[:500]!r}"
    return json.loads(body)


def sleeps(pid: int) -> bool:
    """Whether the main thread of a process is inside `time.sleep`, which blocks its event loop: the kernel says so."""
    return "nanosleep" in Path(f"/proc/{pid}/wchan").read_text(encoding="ascii")
