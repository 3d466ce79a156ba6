"""The set-up scripts: which Python they find, and the lowest versions they ask for."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
# Debian's interpreter has it in a package of its own; without it no interpreter of these tests can make environments.
needs_ensurepip = pytest.mark.skipif(find_spec("ensurepip") is None, reason="this Python has no ensurepip")
TOOLS = "/usr/bin:/bin"


def interpreter(folder: Path, name: str, version: tuple[int, int, int], level: str = "final", can: str = "yes") -> Path:
    """A Python that says it has that version: a real one, under another name and with another `version_info`."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    (folder / f"{name}.site").mkdir()
    lie = "import collections, sys\n"
    lie += "Version = collections.namedtuple('Version', 'major minor micro releaselevel serial')\n"
    lie += f"sys.version_info = Version(*{version}, {level!r}, 0)\nsys.executable = {str(path)!r}\n"
    lie += "" if can == "yes" else "sys.modules['ensurepip'] = None\n"
    (folder / f"{name}.site" / "sitecustomize.py").write_text(lie, encoding="utf-8")
    path.write_text(f'#!/bin/sh\nPYTHONPATH="{folder}/{name}.site" exec "{sys.executable}" "$@"\n', encoding="utf-8")
    path.chmod(0o755)
    return path


def find_python(path: Path, home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """What `.ci/find-python` says where only these interpreters are; the tools it needs are linked beside them."""
    tools = home / "tools"
    tools.mkdir(parents=True)
    for tool in ("sh", "tr", "sort", "tail", "cut", "grep"):
        found = next(Path(folder, tool) for folder in TOOLS.split(":") if Path(folder, tool).exists())
        (tools / tool).symlink_to(found)
    environment = {"PATH": f"{path}:{tools}", "HOME": str(home), "LANG": os.environ.get("LANG", "C")}
    command = ("sh", str(ROOT / ".ci" / "find-python"), *arguments)
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)


@needs_ensurepip
def test_the_newest_released_python_that_can_make_environments_is_found(tmp_path: Path) -> None:
    path, pyenv = tmp_path / "bin", tmp_path / "home" / ".pyenv" / "versions"
    interpreter(path, "python3", (3, 10, 14))
    interpreter(path, "python3.11", (3, 11, 2))
    newest = interpreter(pyenv / "3.13.0" / "bin", "python3", (3, 13, 0))
    interpreter(path, "python3.12", (3, 12, 9))
    interpreter(path, "python3.14", (3, 14, 0), level="beta")
    interpreter(path, "python3.15", (3, 15, 0), can="no")
    assert find_python(path, tmp_path / "home").stdout == f"{newest}\n"


@needs_ensurepip
def test_the_newest_of_one_version_is_found_and_not_that_of_a_longer_number(tmp_path: Path) -> None:
    path, pyenv = tmp_path / "bin", tmp_path / "home" / ".pyenv" / "versions"
    interpreter(path, "python3.11", (3, 11, 2))
    wanted = interpreter(pyenv / "3.11.10" / "bin", "python3", (3, 11, 10))
    interpreter(path, "python3.12", (3, 12, 1))
    assert find_python(path, tmp_path / "home", "3.11").stdout == f"{wanted}\n"
    missing = find_python(path, tmp_path / "other", "3.1")
    assert (missing.stdout, missing.returncode) == ("", 1)


@needs_ensurepip
def test_a_broken_interpreter_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "bin"
    good = interpreter(path, "python3.11", (3, 11, 2))
    (path / "python3.13").write_text("#!/bin/sh\nexit 127\n", encoding="utf-8")
    (path / "python3.13").chmod(0o755)
    assert find_python(path, tmp_path / "home").stdout == f"{good}\n"


def test_no_python_at_all_is_a_failure_that_prints_nothing(tmp_path: Path) -> None:
    found = find_python(tmp_path / "empty", tmp_path / "home")
    assert (found.stdout, found.stderr, found.returncode) == ("", "", 1)


def lowest(pyproject: Path) -> subprocess.CompletedProcess[str]:
    command = (sys.executable, ROOT / ".ci" / "lowest_versions.py", pyproject)
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_the_lowest_version_of_every_runtime_dependency_is_asked_for() -> None:
    constraints = lowest(ROOT / "pyproject.toml").stdout.splitlines()
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    assert len(constraints) == len(declared) > 0
    for constraint, requirement in zip(constraints, declared, strict=True):
        name, version = constraint.partition(";")[0].split("==", 1)
        assert requirement.startswith(name)
        assert f">={version}" in requirement


@pytest.mark.parametrize(
    ("requirement", "constraint"),
    [
        ("rich>=13.7", "rich==13.7"),
        ("sqlalchemy[asyncio]>=2.0.30", "sqlalchemy==2.0.30"),
        ("a>=1.5,<2,!=1.7", "a==1.5"),
        ("a>=1.5,<2; python_version < '3.15'", "a==1.5; python_version < '3.15'"),
    ],
)
def test_bounds_are_read_from_requirements(requirement: str, constraint: str, tmp_path: Path) -> None:
    pyproject = tmp_path / "pyproject.toml"
    pyproject.write_text(f'[project]\ndependencies = ["{requirement}"]\n', encoding="utf-8")
    assert lowest(pyproject).stdout == f"{constraint}\n"


def test_a_requirement_without_lower_bound_is_refused_by_name(tmp_path: Path) -> None:
    pyproject = tmp_path / "pyproject.toml"
    pyproject.write_text("[project]\ndependencies = ['rich']\n", encoding="utf-8")
    refused = lowest(pyproject)
    assert refused.returncode == 1
    assert "'rich' states no lower bound" in refused.stderr


def test_an_environment_that_is_current_is_not_set_up_again(tmp_path: Path) -> None:
    """A stamp with this pyproject.toml, this interpreter and this place makes set-up print its Python at once."""
    (tmp_path / ".ci").symlink_to(ROOT / ".ci")
    (tmp_path / "pyproject.toml").write_text("[project]\n", encoding="utf-8")
    subprocess.run((sys.executable, "-m", "venv", "--without-pip", tmp_path / ".venv"), check=True, timeout=60)
    with (tmp_path / "pyproject.toml").open("rb") as pyproject:
        checksum = subprocess.run("cksum", stdin=pyproject, capture_output=True, text=True, check=True).stdout.strip()
    (tmp_path / ".venv" / ".set-up-demo").write_text(f"{checksum} {sys.executable} {tmp_path}", encoding="utf-8")
    command = ("sh", ".ci/set-up", "demo", sys.executable)
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr, done.stdout) == (0, "", f"{tmp_path}/.venv/bin/python\n")


def test_a_python_that_is_not_there_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / ".ci").symlink_to(ROOT / ".ci")
    command = ("sh", ".ci/set-up", "dev", "python3.99")
    refused = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60)
    assert (refused.returncode, refused.stderr) == (2, "PYTHON=python3.99: no such program\n")


def test_make_alone_lists_its_targets() -> None:
    listed = subprocess.run(("make", "-C", ROOT), capture_output=True, text=True, check=True, timeout=60).stdout
    for target in ("demo", "test", "check", "bench"):
        assert f"make {target} " in listed
