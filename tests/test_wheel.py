"""The wheel works where nothing of this repository is: a fresh environment with its dependencies alone."""

from __future__ import annotations

import email
import os
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from email.message import Message
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import forge_doctor
from forge_doctor import DOCUMENTATION, __version__
from tests.support.postgres import PostgresServer

ROOT = Path(__file__).parent.parent
PACKAGE = Path(forge_doctor.__file__).parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built with the build tool that is installed: no network is needed."""
    folder = tmp_path_factory.mktemp("wheel")
    options = ("--no-deps", "--no-build-isolation", "--quiet", "--disable-pip-version-check", "--wheel-dir", folder)
    subprocess.run((sys.executable, "-m", "pip", "wheel", *options, ROOT), check=True, timeout=120)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` of a new virtual environment with the wheel; the dependencies are borrowed from ours."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False)
    python = folder / "bin" / "python"
    options = ("--no-deps", "--no-index", "--quiet", "--disable-pip-version-check")
    subprocess.run(
        (sys.executable, "-m", "pip", "--python", python, "install", *options, wheel), check=True, timeout=120
    )
    (site,) = folder.glob("lib/python*/site-packages")
    # A directory in a .pth file is searched, but its own .pth files (our editable install) are not obeyed.
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return folder / "bin"


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture(scope="module")
def metadata(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        return email.message_from_bytes(archive.read(name))


def test_it_holds_every_file_of_the_package_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        inside = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert inside == {
        path.relative_to(PACKAGE.parent).as_posix()
        for path in PACKAGE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert {"forge_doctor/py.typed", "forge_doctor/render/schema.json"} <= inside
    assert any(name.startswith("forge_doctor/pool/queries/") and name.endswith(".sql") for name in inside)


def test_the_command_runs_from_the_wheel_alone(environment: Path, tmp_path: Path) -> None:
    where = run(environment / "python", "-c", "import forge_doctor; print(forge_doctor.__file__)", cwd=tmp_path)
    assert Path(where.stdout.strip()).is_relative_to(environment.parent)
    assert run(environment / "forge-doctor", "--version", cwd=tmp_path).stdout == f"forge-doctor {__version__}\n"
    explained = run(environment / "forge-doctor", "explain", "idle-in-transaction", cwd=tmp_path)
    assert (explained.returncode, explained.stderr) == (0, "")
    assert explained.stdout.startswith("idle-in-transaction\n")


def test_a_server_is_examined_from_the_wheel_alone(
    environment: Path, tmp_path: Path, postgres18: PostgresServer
) -> None:
    dsn = postgres18.dsn()
    examined = run(environment / "forge-doctor", "pool", "--dsn", dsn, "--fail-on", "never", cwd=tmp_path)
    assert examined.returncode in (0, 3), examined.stderr
    assert "Traceback" not in examined.stderr
    assert examined.stdout


def test_a_server_that_is_not_there_is_one_message(environment: Path, tmp_path: Path) -> None:
    dsn = "postgresql://shop:secret@127.0.0.1:1/shop"
    refused = run(environment / "forge-doctor", "pool", "--dsn", dsn, cwd=tmp_path)
    assert refused.returncode == 3
    assert "127.0.0.1:1" in refused.stdout + refused.stderr
    assert "Traceback" not in refused.stderr
    assert "secret" not in refused.stdout + refused.stderr


def test_its_metadata_say_what_pyproject_says(metadata: Message) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert (metadata["Name"], metadata["Version"]) == ("forge-doctor", __version__)
    assert metadata["Requires-Python"] == project["requires-python"]
    assert metadata["License-Expression"] == "MIT"
    assert metadata.get_all("Provides-Extra") == sorted(project["optional-dependencies"])
    needed = {Requirement(line) for line in metadata.get_all("Requires-Dist", []) if "extra ==" not in line}
    assert needed == {Requirement(line) for line in project["dependencies"]}
    assert "Typing :: Typed" in metadata.get_all("Classifier", [])
    assert str(metadata.get_payload()).strip() == (ROOT / "README.md").read_text(encoding="utf-8").strip()


def test_the_places_of_the_project_are_named_in_one_place(metadata: Message) -> None:
    places = dict(line.split(", ", 1) for line in metadata.get_all("Project-URL", []))
    assert set(places) >= {"Homepage", "Documentation", "Changelog", "Issues"}
    assert places["Documentation"] == DOCUMENTATION


def test_the_extras_are_what_users_choose_from(metadata: Message) -> None:
    assert set(metadata.get_all("Provides-Extra", [])) >= {"demo", "fleet", "logs", "mcp", "server", "stacks"}
    assert not {"dev", "bench"} & set(metadata.get_all("Provides-Extra", []))


def test_the_changelog_speaks_of_this_version_first() -> None:
    first = next(
        line for line in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8").splitlines() if line.startswith("## ")
    )
    assert first.split()[1] == __version__
