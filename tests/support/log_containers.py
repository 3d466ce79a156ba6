"""Real containers that write logs, from an image made of busybox alone; all are gone when the tests end."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import tarfile
import uuid
from collections.abc import Iterator
from typing import Any, Protocol

import pytest

LABEL = "forge-doctor-log-tests"


class LogContainer(Protocol):
    """What the fixture `log_container` gives: starts a container that runs a shell script."""

    def __call__(self, script: str, *, wait: bool = True, **options: Any) -> Any: ...


@pytest.fixture(scope="session")
def log_image() -> Iterator[tuple[Any, str]]:
    """The SDK's client and an image with a shell; skips without them, fails with FORGE_DOCTOR_REQUIRE_DOCKER=1."""
    import docker
    from docker.errors import DockerException

    busybox = shutil.which("busybox")
    try:
        client = docker.from_env(timeout=60)
    except DockerException as error:
        absent(f"no Docker Engine answers: {error}")
    if busybox is None:
        absent("busybox is not installed")
    tag = uuid.uuid4().hex
    client.api.import_image_from_data(root_file_system(str(busybox)), repository=LABEL, tag=tag)
    with contextlib.closing(client):
        yield client, f"{LABEL}:{tag}"
        client.images.remove(f"{LABEL}:{tag}", force=True)


@pytest.fixture
def log_container(log_image: tuple[Any, str]) -> Iterator[LogContainer]:
    """`log_container("echo hello", tty=True)`; waits for its end unless `wait=False`."""
    client, image = log_image
    started: list[Any] = []

    def start(script: str, *, wait: bool = True, **options: Any) -> Any:
        container = client.containers.create(image, ["/bin/sh", "-c", script], network_mode="none", **options)
        started.append(container)
        container.start()
        if wait:
            container.wait(timeout=60)
        return container

    yield start
    for container in started:
        with contextlib.suppress(Exception):
            container.remove(force=True, v=True)


def absent(reason: str) -> Any:
    """Skip, or fail where Docker is required."""
    if os.environ.get("FORGE_DOCTOR_REQUIRE_DOCKER") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


def root_file_system(busybox: str) -> bytes:
    """A tar archive of busybox under the names of its tools."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for folder in ("bin", "tmp", "dev", "proc", "etc"):
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o755
            archive.addfile(entry)
        archive.add(busybox, "bin/busybox")
        for tool in ("sh", "cat", "echo", "printf", "sleep", "seq", "yes", "head", "kill"):
            link = tarfile.TarInfo(f"bin/{tool}")
            link.type, link.linkname = tarfile.SYMTYPE, "busybox"
            archive.addfile(link)
    return buffer.getvalue()
