"""What a working tree's files differ in from a commit, told by their bytes as they lie on the disk.

`git diff` would first run what the repository's own configuration says about filters on each file that may have changed:
a command of whoever made the repository. Here git compares two sets of objects, one of them made of the files by this
module, in a folder of its own; nothing is written into the repository.
"""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from forge_doctor.probes.git import GitAnswer, ask_git

# Line ends may have been converted when the files were checked out.
DIFF = ("--unified=0", "--no-color", "--no-ext-diff", "--no-textconv", "--find-renames", "--ignore-cr-at-eol",
        "--ignore-submodules", "--src-prefix=a/", "--dst-prefix=b/")  # fmt: skip
SHA256_DIGITS = 64
PYTHON = "*.py"


def diff_of_files(root: Path, commit: str) -> GitAnswer:
    """The patch, without context, from a commit (its whole name) to the tracked Python files of `root`."""
    asked = (
        ask_git(root, "ls-tree", "-r", "-z", "--full-tree", commit),
        ask_git(root, "ls-files", "--cached", "-z", "--", PYTHON),
        ask_git(root, "rev-parse", "--git-path", "objects"),
    )
    refused = next((one for one in asked if not one.ok), None)
    if refused is not None:
        return refused
    before, tracked, objects = (one.out for one in asked)
    with tempfile.TemporaryDirectory(prefix="forge-doctor-git-") as folder:
        environment = {
            "GIT_INDEX_FILE": f"{folder}/index",
            "GIT_OBJECT_DIRECTORY": folder,
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": str(root / os.fsdecode(objects.rstrip(b"\n"))),
        }
        entries = b"".join(_entries(root, _blobs(before), tracked.split(b"\0"), Path(folder), len(commit)))
        for step, given in ((("read-tree", commit), b""), (("update-index", "-z", "--index-info"), entries)):
            done = ask_git(root, *step, given=given, environment=environment)
            if not done.ok:
                return done
        return ask_git(root, "diff", "--cached", *DIFF, commit, "--", PYTHON, environment=environment)


def _blobs(listing: bytes) -> dict[bytes, bytes]:
    """The object's name of each file of a tree."""
    lines = (line.partition(b"\t") for line in listing.split(b"\0") if line)
    return {path: head.split()[2] for head, _, path in lines}


def _entries(
    root: Path, before: Mapping[bytes, bytes], tracked: Iterable[bytes], objects: Path, digits: int
) -> Iterator[bytes]:
    """What to change in the index of the commit: files with other bytes, and those that are there no more."""
    kept = set()
    for path in filter(None, tracked):
        data = _content(root / os.fsdecode(path))
        if data is None:
            continue
        kept.add(path)
        framed = b"blob %d\0" % len(data) + data
        name = hashlib.sha256(framed) if digits == SHA256_DIGITS else hashlib.sha1(framed, usedforsecurity=False)
        if before.get(path, b"") != name.hexdigest().encode():
            _keep(objects, name.hexdigest(), framed)
            yield b"100644 %s\t%s\0" % (name.hexdigest().encode(), path)
    for path in before.keys() - kept:
        if path.endswith(b".py"):
            yield b"0 %s\t%s\0" % (b"0" * digits, path)


def _content(path: Path) -> bytes | None:
    """The bytes of a regular file; None for a link and for what cannot be read."""
    try:
        return path.read_bytes() if stat.S_ISREG(path.lstat().st_mode) else None
    except OSError:
        return None


def _keep(objects: Path, name: str, framed: bytes) -> None:
    """Write an object as git keeps it."""
    folder = objects / name[:2]
    folder.mkdir(exist_ok=True)
    (folder / name[2:]).write_bytes(zlib.compress(framed, 1))
