"""The image, built by the Dockerfile on a base without a registry: run beside a server and another container."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from forge_doctor import __version__
from tests.support.base_image import debian_image
from tests.support.docker_engine import LABEL, LogContainer
from tests.support.postgres import PostgresServer

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.long]
ROOT = Path(__file__).parent.parent
DEBIAN_PYTHON = "3.11"


def docker(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(("docker", *arguments), capture_output=True, text=True, check=False, timeout=300)


@pytest.fixture(scope="module")
def image(docker_engine: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The image, its packages from a folder in the context: no builder needs an index."""
    context = tmp_path_factory.mktemp("context")
    for name in ("pyproject.toml", "README.md", "LICENSE", ".dockerignore"):
        shutil.copy(ROOT / name, context)
    shutil.copytree(ROOT / "forge_doctor", context / "forge_doctor", ignore=shutil.ignore_patterns("__pycache__"))
    fetch = (sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--dest", "wheels")
    options = ("--python-version", DEBIAN_PYTHON, "--only-binary", ":all:", "hatchling", "pip")
    subprocess.run((*fetch, *options, *dependencies()), cwd=context, check=True, timeout=300)
    tag = f"{LABEL}-image:test"
    with debian_image(docker_engine) as base:
        options = ("--build-arg", f"BASE={base}", "--build-arg", "PIP_OPTIONS=--no-index --find-links wheels")
        built = docker("build", *options, "--file", str(ROOT / ".github/Dockerfile"), "--tag", tag, str(context))
        assert built.returncode == 0, built.stdout[-2000:] + built.stderr[-2000:]
        try:
            yield tag
        finally:
            docker("rmi", "--force", tag)


def dependencies() -> list[str]:
    """What the package asks for, as pyproject.toml has it."""
    import tomllib

    document = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return list(document["project"]["dependencies"])


def test_it_runs_as_nobody_and_tells_its_version(image: str, docker_engine: Any) -> None:
    assert docker_engine.images.get(image).attrs["Config"]["User"] == "65534:65534"
    assert docker("run", "--rm", image, "--version").stdout == f"forge-doctor {__version__}\n"
    assert "Usage: forge-doctor" in docker("run", "--rm", image).stdout


def test_it_examines_a_server_on_the_host(image: str, postgres18: PostgresServer) -> None:
    beside = (
        "--rm",
        "--pid",
        "host",
        "--network",
        "host",
        "--user",
        "root",
        "--env",
        f"DATABASE_URL={postgres18.dsn()}",
    )
    done = docker("run", *beside, image, "pool", "--output-format", "json", "--fail-on", "never")
    told = json.loads(done.stdout)
    assert told["inspected"]["servers"] == 1, done.stderr


def test_it_reads_the_log_of_another_container(image: str, log_container: LogContainer) -> None:
    other = log_container("echo '2026-11-22 08:00:00,000 ERROR [a] deadlock detected'")
    socket = ("--rm", "--user", "root", "--volume", "/var/run/docker.sock:/var/run/docker.sock")
    done = docker("run", *socket, image, "logs", other.name, "--output-format", "json")
    assert done.returncode in (0, 1), done.stderr
    assert [one["check"] for one in json.loads(done.stdout)["findings"]] == ["deadlock"]


def test_it_lints_a_mounted_folder_without_writing_to_it(image: str, tmp_path: Path) -> None:
    code = "from sqlalchemy.ext.asyncio import AsyncSession\n\n\nasync def save(db: AsyncSession):\n    db.commit()\n"
    (tmp_path / "save.py").write_text(code, encoding="utf-8")
    tmp_path.chmod(0o755)
    done = docker("run", "--rm", "--volume", f"{tmp_path}:/work:ro", image, "lint", "save.py", "-f", "concise")
    assert done.returncode == 1, done.stderr
    assert "unawaited-session-call" in done.stdout
