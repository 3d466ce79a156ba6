"""Fetches a Python 3.14 with an application's libraries, for the tests that read its suspended tasks from outside.

    python .ci/python_314.py

The interpreter is that of Debian unstable (amd64), by apt with a state of its own: nothing is installed and the
system's lists stay as they are. It is unpacked into FORGE_DOCTOR_PYTHON_314 (~/.cache/forge-doctor/python-3.14) with
its own C library, and patchelf makes it start from there. fastapi, uvicorn, SQLAlchemy and asyncpg come as wheels.
What is there is not fetched again. Without apt, patchelf or a network nothing is kept, the exit code is 3, and the
tests that want it are skipped. Some 40 MB are fetched.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

# The archive is the one this machine's packages come from.
SOURCE = "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] {archive} unstable main\n"
PACKAGES = (
    *("python3.14-minimal", "libpython3.14-minimal", "libpython3.14-stdlib"),
    *("libc6", "libgcc-s1", "libstdc++6", "libssl3t64", "zlib1g", "libexpat1", "libffi8"),
)
LIBRARIES = ("asyncpg", "fastapi", "sqlalchemy[asyncio]", "uvicorn")
PLATFORMS = ("manylinux_2_28_x86_64", "manylinux_2_24_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64")


def main() -> int:
    """Fetch it where it is missing."""
    if interpreter().exists():
        return 0
    missing = [name for name in ("apt-get", "dpkg-deb") if shutil.which(name) is None]
    program = patchelf()
    if missing or program is None:
        sys.stderr.write(f"no {', '.join(missing) or 'patchelf'}: Python 3.14 will not be tested\n")
        return 3
    home().parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=home().parent) as name:
        try:
            unpack(Path(name), program)
        except subprocess.CalledProcessError as error:
            sys.stderr.write(f"Python 3.14 could not be fetched:\n{str(error.stderr).strip()[-500:]}\n")
            return 3
    sys.stderr.write(f"Python 3.14 is in {home()}\n")
    return 0


def home() -> Path:
    """Where it is kept."""
    return Path(os.environ.get("FORGE_DOCTOR_PYTHON_314") or Path.home() / ".cache" / "forge-doctor" / "python-3.14")


def interpreter() -> Path:
    """The program."""
    return home() / "usr" / "bin" / "python3.14"


def patchelf() -> str | None:
    """On the path, or where its package put it."""
    try:
        files = distribution("patchelf").files or ()
    except PackageNotFoundError:
        files = ()
    installed = (Path(str(one.locate())) for one in files if one.name == "patchelf")
    return shutil.which("patchelf") or next((str(one) for one in installed if one.is_file()), None)


def archive() -> str:
    """Debian's own archive, as apt is set up to find it; raises `CalledProcessError` where apt cannot tell."""
    line = ("apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages")
    told = subprocess.run(line, check=True, capture_output=True, text=True).stdout.split()
    own = [one for one in told if "security" not in one]
    if not own:
        raise subprocess.CalledProcessError(1, line, stderr="apt names no archive: apt-get update")
    return own[0]


def unpack(folder: Path, patcher: str) -> None:
    """Put it into its place, whole or not at all; the loader's path is that of the place it will have."""
    state, root = folder / "apt", folder / "root"
    for each in (state / "lists" / "partial", state / "archives" / "partial", root):
        each.mkdir(parents=True)
    (state / "sources.list").write_text(SOURCE.format(archive=archive()))
    places = {
        "Dir::Etc::sourcelist": state / "sources.list",
        "Dir::Etc::sourceparts": "/dev/null",
        "Dir::State": state,
        "Dir::State::status": "/var/lib/dpkg/status",
        "Dir::Cache": state,
        "Acquire::Languages": "none",
        "APT::Sandbox::User": "",
    }
    apt = ["apt-get", *(word for name, place in places.items() for word in ("-o", f"{name}={place}"))]
    run(*apt, "update", cwd=state)
    run(*apt, "download", *PACKAGES, cwd=state)
    for package in state.glob("*.deb"):
        run("dpkg-deb", "-x", str(package), str(root), cwd=state)
    libraries = home() / "usr" / "lib" / "x86_64-linux-gnu"
    loader = ["--set-interpreter", str(libraries / "ld-linux-x86-64.so.2")]
    program = root / "usr" / "bin" / "python3.14"
    run(patcher, *loader, "--force-rpath", "--set-rpath", str(libraries), str(program), cwd=state)
    wheels = [word for platform in PLATFORMS for word in ("--platform", platform)]
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--only-binary=:all:", "--python-version", "3.14"]
    run(*pip, *wheels, "--target", str(root / "site-packages"), *LIBRARIES, cwd=state)
    if not home().exists():
        root.rename(home())


def run(*words: str, cwd: Path) -> None:
    """One command, whose words are kept for the message where it fails."""
    subprocess.run(words, cwd=cwd, check=True, capture_output=True, text=True)


if __name__ == "__main__":
    sys.exit(main())
