"""A self-signed certificate for `localhost`, readable by the user that servers run as."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.postgres import hand_over, unprivileged_directory


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """Its own authority; `other` is an authority that signed nothing here."""

    cert: Path
    key: Path
    other: Path


@pytest.fixture(scope="session")
def certificate() -> Iterator[Certificate]:
    """A certificate for the name localhost and no address."""
    with unprivileged_directory("tls") as directory:
        for name in ("server", "other"):
            _make(directory, name)
        yield Certificate(cert=directory / "server.crt", key=directory / "server.key", other=directory / "other.crt")


def _make(directory: Path, name: str) -> None:
    cert, key = directory / f"{name}.crt", directory / f"{name}.key"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    subprocess.run([*command, "-keyout", str(key), "-out", str(cert)], check=True, capture_output=True)
    key.chmod(0o600)
    hand_over(key)
