"""Questions to git about a working tree; changes nothing in it, runs none of its hooks and asks no remote."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from forge_doctor.errors import CannotInspect

GIT_TIMEOUT_S = 120.0
# A repository's own configuration may name a file system monitor to start, hooks, quoting to apply, and a remote (a
# command, with `ext::`) that lacking objects are fetched from. Old versions of git know of the protocols only.
OPTIONS = ("-c", "core.fsmonitor=false", "-c", "core.quotePath=false", "-c", "core.hooksPath=/dev/null",
           "-c", "protocol.allow=never")  # fmt: skip
ENVIRONMENT = {"LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1", "GIT_ALLOW_PROTOCOL": ""}


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


def ask_git(
    folder: Path, *arguments: str, given: bytes = b"", environment: Mapping[str, str] | None = None
) -> GitAnswer:
    """Run `git <arguments>` in `folder`, `given` on its standard input; raises `CannotInspect` where git does not end in
    time."""
    import subprocess

    try:
        done = subprocess.run(
            ["git", *OPTIONS, *arguments],
            cwd=folder,
            env={**os.environ, **ENVIRONMENT, **(environment or {})},
            input=given,
            capture_output=True,
            timeout=GIT_TIMEOUT_S,
            check=False,
        )
    except OSError as error:
        return GitAnswer(status=-1, err=f"git cannot be started: {error.strerror}")
    except subprocess.TimeoutExpired as error:
        raise CannotInspect(f"{folder}: git {arguments[0]} did not end within {GIT_TIMEOUT_S:g} s") from error
    return GitAnswer(status=done.returncode, out=done.stdout, err=os.fsdecode(done.stderr))


def files_of_git(folder: Path) -> Iterator[Path]:
    """The files that tell git what it tracks and ignores below a folder, beside the ignore files in the folders, whether
    they are there or not; none where git has no say in it."""
    names = [part for name in ("index", "info/exclude", "config", "config.worktree") for part in ("--git-path", name)]
    places = ask_git(folder, "rev-parse", *names)
    if not places.ok:
        return
    yield from (folder / os.fsdecode(name) for name in places.out.splitlines())
    # The configuration may be in several files, one of which may include others.
    settings = ask_git(folder, "config", "--list", "--show-origin", "--name-only", "-z")
    origins = {one.removeprefix(b"file:") for one in settings.out.split(b"\0") if one.startswith(b"file:/")}
    ignored = ask_git(folder, "config", "--type=path", "--get", "core.excludesFile").out.splitlines()
    yield from (Path(os.fsdecode(name)) for name in (*sorted(origins), *ignored))
    home = Path(os.path.expanduser("~"))  # noqa: PTH111 - `Path.home` raises where there is none
    own = Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config") / "git"
    yield from (Path("/etc/gitconfig"), home / ".gitconfig", own / "config", own / "ignore")
