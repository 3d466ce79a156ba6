"""A real Docker Engine, images without a registry and containers that are gone when the tests end."""

from __future__ import annotations

import contextlib
import http.client
import io
import json
import shutil
import sys
import tarfile
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Protocol

import pytest

from tests.support.postgres import PostgresServer, missing, postgres18_bin, run_postgres

ROOT = Path(__file__).resolve().parents[2]
LABEL = "forge-doctor-tests"
TOOLS = ("sh", "cat", "date", "echo", "head", "kill", "nc", "printf", "seq", "sleep", "tail", "true", "yes")
EMPTY = ("dev", "etc", "lib", "lib64", "proc", "root", "sys", "tmp", "usr", "var")
# As the shared servers', and the addresses docker gives to bridges.
HBA = "local all all trust\nhost all all samenet scram-sha-256\nhost all all 172.16.0.0/12 scram-sha-256\n"


class LogContainer(Protocol):
    """What the fixture `log_container` gives: a shell script in a container, ended unless `wait` is False."""

    def __call__(self, script: str, *, wait: bool = True, **options: Any) -> Any: ...


class StartContainer(Protocol):
    """What the fixture `start_container` gives: `docker run -d`, removed at the end of the test."""

    def __call__(self, image: str, command: Sequence[str], **options: Any) -> Any: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientContainer:
    """The patient served by uvicorn in a container of its own; `address` is its end of the bridge."""

    container: Any
    name: str
    id: str
    address: str
    port: int

    def get(self, path: str, timeout: float = 10) -> Any:
        """The decoded answer of `path`; raises on any status but 200."""
        connection = http.client.HTTPConnection(self.address, self.port, timeout=timeout)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            assert response.status == 200, f"{path}: {response.status}"
            return json.loads(response.read())
        finally:
            connection.close()


class StartPatient(Protocol):
    """What the fixture `patient_container` gives: the patient in a container."""

    def __call__(
        self,
        dsn: str,
        *,
        workers: int = 1,
        pool_size: int = 5,
        env: Mapping[str, str] | None = None,
        labels: Mapping[str, str] | None = None,
        **options: Any,
    ) -> PatientContainer: ...


@pytest.fixture(scope="session")
def docker_engine() -> Iterator[Any]:
    """The SDK's client; skips without an engine, fails where FORGE_DOCTOR_REQUIRE_DOCKER=1 asks for one."""
    import docker
    from docker.errors import DockerException

    try:
        client = docker.from_env(timeout=60)
    except DockerException as error:
        missing(f"no Docker Engine answers ({error}): Docker")
    with contextlib.closing(client):
        yield client


@pytest.fixture(scope="session")
def busybox_image(docker_engine: Any) -> Iterator[str]:
    """An image with a shell and busybox's tools and nothing else."""
    busybox = shutil.which("busybox")
    if busybox is None:
        missing("busybox (apt-get install busybox-static)")
    with imported_image(docker_engine, Path(str(busybox))) as name:
        yield name


@pytest.fixture(scope="session")
def python_image(docker_engine: Any) -> Iterator[str]:
    """An empty image; with `python_volumes()` mounted it runs this very interpreter and its packages."""
    with imported_image(docker_engine, None) as name:
        yield name


@pytest.fixture
def start_container(docker_engine: Any) -> Iterator[StartContainer]:
    """`start_container(image, command, **options of the SDK's run)`."""
    with running_containers(docker_engine) as start:
        yield start


@pytest.fixture
def log_container(busybox_image: str, start_container: StartContainer) -> LogContainer:
    """`log_container("echo hello", tty=True)`."""

    def start(script: str, *, wait: bool = True, **options: Any) -> Any:
        container = start_container(busybox_image, ["/bin/sh", "-c", script], network_mode="none", **options)
        if wait:
            container.wait(timeout=60)
        return container

    return start


@pytest.fixture
def patient_container(python_image: str, start_container: StartContainer) -> StartPatient:
    """`patient_container(bridge_postgres.dsn_from_container, workers=2)`; answers when it is returned."""

    def start(
        dsn: str,
        *,
        workers: int = 1,
        pool_size: int = 5,
        env: Mapping[str, str] | None = None,
        labels: Mapping[str, str] | None = None,
        **options: Any,
    ) -> PatientContainer:
        url = "postgresql+asyncpg://" + dsn.partition("://")[2]
        command = [sys.executable, "-m", "uvicorn", "tests.support.patient_app:app", "--host", "0.0.0.0"]
        command += ["--workers", str(workers)] if workers > 1 else []
        environment = {
            "PATIENT_DSN": url,
            "PATIENT_POOL_SIZE": str(pool_size),
            "PYTHONWARNINGS": "ignore",
            **(env or {}),
        }
        container = start_container(
            python_image,
            command,
            environment=environment,
            volumes=python_volumes(),
            working_dir=str(ROOT),
            labels=dict(labels or {}),
            **options,
        )
        return _ready(container)

    return start


@dataclass(frozen=True, slots=True, kw_only=True)
class BridgePostgres:
    """A server that containers reach too, at `gateway`."""

    server: PostgresServer
    gateway: str

    @property
    def dsn_from_container(self) -> str:
        """Its URL as a container on the default bridge must write it."""
        return self.server.dsn().replace(f"@{self.server.host}:", f"@{self.gateway}:")


@pytest.fixture(scope="session")
def bridge_postgres(docker_engine: Any) -> Iterator[BridgePostgres]:
    """PostgreSQL 18 on loopback and on docker's default bridge."""
    config = docker_engine.networks.get("bridge").attrs["IPAM"]["Config"][0]
    # An engine that chose the subnet itself may leave the gateway out: it is the first address then.
    gateway = config.get("Gateway") or str(next(ip_network(config["Subnet"]).hosts()))
    settings = {"listen_addresses": f"127.0.0.1,{gateway}"}
    with run_postgres(postgres18_bin(), settings, hba=HBA) as server:
        yield BridgePostgres(server=server, gateway=gateway)


@contextlib.contextmanager
def running_containers(client: Any) -> Iterator[StartContainer]:
    """Start containers; remove them all on leaving. For fixtures of any scope."""
    from docker.errors import NotFound

    mark = uuid.uuid4().hex
    created = []

    def start(image: str, command: Sequence[str], **options: Any) -> Any:
        labels = {**options.pop("labels", {}), LABEL: mark}
        container = client.containers.create(image, list(command), labels=labels, **options)
        created.append(container)  # before the start, which may fail
        container.start()
        return container

    try:
        yield start
    finally:
        for container in created:
            with contextlib.suppress(NotFound):  # some tests remove theirs
                container.remove(force=True, v=True)


def python_volumes() -> dict[str, dict[str, str]]:
    """Read-only mounts that let an empty image run this interpreter, its packages and this repository."""
    places = {"/usr", "/lib", "/lib64", sys.base_prefix, sys.prefix, str(ROOT)}
    # Packages that a .pth file brings in from elsewhere.
    places |= {path for path in sys.path if "-packages" in path and not path.startswith(tuple(places))}
    return {place: {"bind": place, "mode": "ro"} for place in sorted(places) if Path(place).exists()}


def wait_until(ready: Callable[[], bool], seconds: float = 30.0) -> bool:
    """Whether it came true in time."""
    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


@contextlib.contextmanager
def imported_image(client: Any, busybox: Path | None) -> Iterator[str]:
    """An image of busybox and its common tools, or an empty one; removed on leaving."""
    name = f"{LABEL}:{uuid.uuid4().hex}"
    client.api.import_image_from_data(_root_file_system(busybox), repository=LABEL, tag=name.partition(":")[2])
    try:
        yield name
    finally:
        client.images.remove(name, force=True)


def _root_file_system(busybox: Path | None) -> bytes:
    """A tar archive: empty folders, a passwd file and, if given, busybox under the names of its common tools."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for folder in (*EMPTY, "bin"):
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o1777 if folder == "tmp" else 0o755
            archive.addfile(entry)
        _add(archive, "etc/passwd", b"root:x:0:0:root:/root:/bin/sh\n", 0o644)
        if busybox is not None:
            _add(archive, "bin/busybox", busybox.read_bytes(), 0o755)
            for tool in TOOLS:
                link = tarfile.TarInfo(f"bin/{tool}")
                link.type, link.linkname = tarfile.SYMTYPE, "busybox"
                archive.addfile(link)
    return buffer.getvalue()


def _add(archive: tarfile.TarFile, name: str, content: bytes, mode: int) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(content), mode
    archive.addfile(entry, io.BytesIO(content))


def _ready(container: Any, port: int = 8000) -> PatientContainer:
    container.reload()
    networks = container.attrs["NetworkSettings"]["Networks"].values()
    address = next((network["IPAddress"] for network in networks if network["IPAddress"]), "127.0.0.1")
    patient = PatientContainer(container=container, name=container.name, id=container.id, address=address, port=port)
    assert wait_until(lambda: _answers(patient)), container.logs().decode()[-3000:]
    return patient


def _answers(patient: PatientContainer) -> bool:
    try:
        return "pid" in patient.get("/worker", timeout=2)
    except (OSError, http.client.HTTPException):
        return False
