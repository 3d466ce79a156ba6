"""Questions to git about a working tree; changes nothing in it and runs none of its hooks."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from forge_doctor.errors import CannotInspect

GIT_TIMEOUT_S = 120.0


class GitAnswer(NamedTuple):
    """What one git command said: `status` is its exit status, -1 where git is not installed."""

    status: int
    out: bytes = b""
    err: str = ""

    @property
    def ok(self) -> bool:
        """Whether git could answer."""
        return self.status == 0

    @property
    def reason(self) -> str:
        """Git's own words for why it could not, on one line."""
        lines = [line.removeprefix("fatal: ").strip() for line in self.err.splitlines() if line.strip()]
        return lines[0] if lines else f"git ended with status {self.status}"


def ask_git(folder: Path, *arguments: str) -> GitAnswer:
    """Run `git <arguments>` in `folder`; raises `CannotInspect` where git does not end in time."""
    import subprocess

    # A repository's own configuration may name a file system monitor to start and quoting to apply.
    command = ["git", "-c", "core.fsmonitor=false", "-c", "core.quotePath=false", *arguments]
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, "LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=GIT_TIMEOUT_S,
            check=False,
        )
    except OSError as error:
        return GitAnswer(status=-1, err=f"git cannot be started: {error.strerror}")
    except subprocess.TimeoutExpired as error:
        raise CannotInspect(f"{folder}: git {arguments[0]} did not end within {GIT_TIMEOUT_S:g} s") from error
    return GitAnswer(status=done.returncode, out=done.stdout, err=os.fsdecode(done.stderr))
