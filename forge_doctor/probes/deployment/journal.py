"""What a systemd unit or Kubernetes container logged lately, as a file to read; asks journalctl, which only reads."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from forge_doctor.errors import CannotInspect

TIMEOUT_S = 10.0
MOST_LINES = 200_000


def journal_of(unit: str, *, of_user: bool, since_s: float, folder: Path) -> Path:
    """A file below `folder` with what the unit wrote in the last `since_s` seconds; raises `CannotInspect`."""
    program = shutil.which("journalctl")
    if program is None:
        raise CannotInspect(
            f"the log of {unit} is in the journal, and journalctl is not installed here: pass --log FILE"
        )
    scope = "--user-unit" if of_user else "--unit"
    asked = [program, f"{scope}={unit}", f"--since=-{since_s:.0f}s", f"--lines={MOST_LINES}"]
    asked += ["--no-pager", "--quiet", "--output=short-iso-precise", "--no-hostname"]
    with tempfile.NamedTemporaryFile(dir=folder, prefix=f"{unit}-", suffix=".log", delete=False) as file:
        try:
            done = subprocess.run(asked, stdout=file, stderr=subprocess.PIPE, timeout=TIMEOUT_S, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise CannotInspect(f"the journal of {unit} could not be read: {error}") from error
    if done.returncode != 0:
        said = done.stderr.decode(errors="replace").strip().splitlines()[-1:] or ["no reason was given"]
        raise CannotInspect(f"the journal of {unit} could not be read: {said[0]}; try sudo forge-doctor triage")
    return Path(file.name)


def kubernetes_log(container: str) -> Path | None:
    """The file the kubelet keeps for a container, by its id; None where there is none on this node."""
    return next(iter(sorted(Path("/var/log/containers").glob(f"*-{container}.log"))), None)
