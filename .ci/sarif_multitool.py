"""Fetches the validator that knows what GitHub's code scanning asks of a SARIF file, and keeps it for the next run.

    python .ci/sarif_multitool.py

It is the npm package @microsoft/sarif-multitool-linux, some 40 MB, in FORGE_DOCTOR_SARIF
(~/.cache/forge-doctor/sarif). Without npm, or without its registry, nothing is fetched, the exit code is 3, and the
test that wants it is skipped.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

PACKAGE = "@microsoft/sarif-multitool-linux@5.7.0"


def home() -> Path:
    """Where it is kept."""
    return Path(os.environ.get("FORGE_DOCTOR_SARIF") or Path.home() / ".cache" / "forge-doctor" / "sarif")


def main() -> int:
    """Put it into its place, whole or not at all."""
    if (home() / "Sarif.Multitool").exists():
        return 0
    if shutil.which("npm") is None:
        sys.stderr.write("no npm: SARIF will not be validated as code scanning does\n")
        return 3
    home().parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=home().parent) as name:
        folder = Path(name)
        done = subprocess.run(["npm", "pack", "--silent", PACKAGE], cwd=folder, capture_output=True, text=True)
        if done.returncode:
            sys.stderr.write(f"{PACKAGE} could not be fetched:\n{done.stderr.strip()[-500:]}\n")
            return 3
        (archive,) = folder.glob("*.tgz")
        with tarfile.open(archive) as content:
            content.extractall(folder, filter="data")
        (folder / "package" / "Sarif.Multitool").chmod(0o755)
        if not home().exists():
            (folder / "package").rename(home())
    sys.stderr.write(f"{PACKAGE} is in {home()}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
