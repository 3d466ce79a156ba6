"""The official SARIF schema: fetched once by pip and kept in pytest's cache, never committed."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest

# The sdist of sarif-pydantic carries the schema that OASIS publishes, byte for byte: the sum is
# that of sarif-2.1/prose/sarif-schema-2.1.0.json in OASIS's own repository of the specification.
CARRIER = "sarif-pydantic==0.6.2"
SCHEMA_SHA256 = "6352a05f9d03f181b8d9c71a46bdacc4fcff9d8ade5364858b425ba0c0994ed7"


@pytest.fixture(scope="session")
def sarif_schema(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The schema; skips where no package index answers, unless nothing may be skipped."""
    kept = request.config.cache.mkdir("sarif") / "sarif-schema-2.1.0.json"
    if not is_official(kept):
        problem = fetch(kept, tmp_path_factory.mktemp("carrier"))
        if problem and os.environ.get("FORGE_DOCTOR_REQUIRE_DOCKER") == "1":
            pytest.fail(problem)
        if problem:
            pytest.skip(problem)
    schema: dict[str, Any] = json.loads(kept.read_text("utf-8"))
    return schema


def is_official(path: Path) -> bool:
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == SCHEMA_SHA256


def fetch(kept: Path, folder: Path) -> str:
    """Put the schema in its place; says what went wrong, if anything."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", "sarif-pydantic"]
    done = subprocess.run([*command, "--dest", str(folder), CARRIER], capture_output=True, text=True, timeout=120)
    carriers = list(folder.glob("*.tar.gz"))
    if done.returncode or not carriers:
        return f"the official SARIF schema could not be fetched: {(done.stderr or done.stdout).strip()[-300:]}"
    with tarfile.open(carriers[0]) as archive:
        name = next(name for name in archive.getnames() if name.endswith("/sarif-schema-2.1.0.json"))
        member = archive.extractfile(name)
        assert member is not None
        content = member.read()
    beside = kept.with_suffix(f".{os.getpid()}")
    beside.write_bytes(content)
    beside.replace(kept)
    return "" if is_official(kept) else f"{CARRIER} does not hold the official SARIF schema"
