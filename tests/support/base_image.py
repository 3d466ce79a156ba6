"""A base image without a registry: the host's own Debian packages, as they are installed, in a file system of their own."""

from __future__ import annotations

import io
import re
import subprocess
import tarfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.docker_engine import LABEL
from tests.support.postgres import missing

PACKAGES = ("base-files", "bash", "ca-certificates", "coreutils", "dash", "findutils", "grep", "sed", "python3-venv")
ACCOUNTS = {"etc/passwd": "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n"}
ACCOUNTS |= {"etc/group": "root:x:0:\nnogroup:x:65534:\n"}
MERGED = ("bin", "sbin", "lib", "lib64")


def closure(packages: tuple[str, ...]) -> set[str]:
    """These packages and all that they depend on, of those that are installed."""
    told = subprocess.run(
        ("dpkg-query", "-W", "-f", "${Package}\t${Pre-Depends}, ${Depends}\n"),
        capture_output=True,
        text=True,
        check=True,
    )
    needs = {
        name: re.findall(r"(?:^|[,|])\s*([a-z0-9][a-z0-9.+-]+)", depends)
        for name, _, depends in (line.partition("\t") for line in told.stdout.splitlines())
    }
    found: set[str] = set()
    waiting = list(packages)
    while waiting:
        name = waiting.pop()
        if name in needs and name not in found:
            found.add(name)
            waiting += needs[name]
    return found


def file_system(packages: tuple[str, ...]) -> bytes:
    """A tar of the packages' files."""
    listed = subprocess.run(("dpkg", "-L", *sorted(closure(packages))), capture_output=True, text=True, check=True)
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w") as archive:
        for name in MERGED:
            link = tarfile.TarInfo(name)
            link.type, link.linkname = tarfile.SYMTYPE, f"usr/{name}"
            archive.addfile(link)
        seen = set(MERGED)
        for line in sorted(set(listed.stdout.splitlines())):
            name = line.lstrip("/")
            if name.split("/")[0] in MERGED:
                name = f"usr/{name}"
            if (
                name in seen
                or name.startswith(("usr/share/doc", "usr/share/man", "usr/share/locale"))
                or name in ("", ".")
            ):
                continue
            seen.add(name)
            if Path("/", name).is_symlink() or Path("/", name).exists():
                archive.add(Path("/", name), name, recursive=False)
        for name, text in ACCOUNTS.items():
            assert name not in seen
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(text), 0o644
            archive.addfile(entry, io.BytesIO(text.encode()))
        for name in {"tmp", "var/tmp", "root", "work"} - seen:
            entry = tarfile.TarInfo(name)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o1777
            archive.addfile(entry)
    return sink.getvalue()


@contextmanager
def debian_image(client: Any) -> Iterator[str]:
    """An image with a shell and Debian's Python."""
    if not Path("/usr/bin/python3").exists() or not Path("/usr/bin/dpkg").exists():
        missing("Debian's Python (apt-get install python3-venv)")
    repository = f"{LABEL}-base-{uuid.uuid4().hex[:12]}"
    client.api.import_image_from_data(file_system(PACKAGES), repository=repository, tag="test")
    try:
        yield f"{repository}:test"
    finally:
        client.images.remove(f"{repository}:test", force=True)
