"""The lines changed since a git reference, committed or not; asks git, and changes nothing."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from forge_doctor.dataclass import dataclass
from forge_doctor.errors import UsageProblem
from forge_doctor.finding import Finding
from forge_doctor.probes.git import ask_git
from forge_doctor.probes.git_diff import diff_of_files
from forge_doctor.regex import regex

HUNK = regex(rb"@@ -\d+(?:,(?P<gone>\d+))? \+(?P<start>\d+)(?:,(?P<count>\d+))? @@")
ESCAPE = regex(rb'\\([0-7]{3}|[abtnvfr"\\])')
ESCAPED = dict(zip(b'abtnvfr"\\', b'\a\b\t\n\v\f\r"\\', strict=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedLines:
    """By real path the changed runs of lines (first, last); None stands for the whole, new, file."""

    files: Mapping[Path, tuple[tuple[int, int], ...] | None]

    def holds(self, path: Path, finding: Finding) -> bool:
        """Whether a changed line is among the finding's; a finding without a line is its file's."""
        real = path.resolve()
        if real not in self.files:
            return False
        runs, line = self.files[real], finding.location.line
        if runs is None or line is None:
            return True
        end = max(line, finding.location.end_line or line)
        return any(first <= end and line <= last for first, last in runs)


def changed_since(reference: str, folder: Path, option: str = "--since") -> ChangedLines:
    """What differs between the merge base of `reference` and HEAD, and the files as they are now.

    Raises `UsageProblem`, which names `option`, for a folder outside git and for a reference it does not know.
    """
    top = ask_git(folder, "rev-parse", "--show-toplevel")
    if not top.ok:
        raise UsageProblem(f"{option} {reference}: {folder} is not in a git repository ({top.reason})")
    root = Path(os.fsdecode(top.out.rstrip(b"\n")))
    base = _merge_base(reference, root, option)
    diff = diff_of_files(root, base)
    fresh = ask_git(root, "ls-files", "--others", "--exclude-standard", "-z", "--", "*.py")
    for answer in (diff, fresh):
        if not answer.ok:
            raise UsageProblem(f"{option} {reference}: git cannot say what changed: {answer.reason}")
    files: dict[Path, tuple[tuple[int, int], ...] | None] = {}
    for name, first, last in _hunks(diff.out):
        path = (root / os.fsdecode(name)).resolve()
        files[path] = (*(files.get(path) or ()), (first, last))
    new = (root / os.fsdecode(name) for name in fresh.out.split(b"\0") if name)
    return ChangedLines(files={**files, **{path.resolve(): None for path in new}})


def _merge_base(reference: str, root: Path, option: str) -> str:
    commit = ask_git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{reference}^{{commit}}")
    if not commit.ok:
        raise UsageProblem(f"{option} {reference}: git knows no such commit, branch or tag (git fetch may bring it)")
    found = commit.out.decode("ascii").strip()
    base = ask_git(root, "merge-base", found, "HEAD")
    if not base.ok:
        mend = "a shallow clone lacks it: git fetch --unshallow"
        raise UsageProblem(f"{option} {reference}: has no commit in common with HEAD ({mend})")
    return base.out.decode("ascii").split()[0]


def _hunks(diff: bytes) -> Iterator[tuple[bytes, int, int]]:
    """(file, first, last) of the lines that are new or different; content is skipped by its count, since an
    added line may look like a header."""
    name: bytes | None = None
    skip = 0
    for line in diff.split(b"\n"):
        if skip:
            skip -= not line.startswith(b"\\")
            continue
        if line.startswith(b"+++ "):
            name = _name(line[4:])
        hunk = HUNK.match(line)
        if hunk and name is not None:
            start, count = int(hunk["start"]), int(hunk["count"] or 1)
            skip = int(hunk["gone"] or 1) + count
            # Where lines were only taken away, the neighbours are what is different now.
            yield (name, start, start + count - 1) if count else (name, start, start + 1)


def _name(written: bytes) -> bytes | None:
    """The path of a `+++` line; None for /dev/null, which a deleted file becomes."""
    quoted = written.startswith(b'"')
    name = ESCAPE.sub(_unescape, written[1 : written.rindex(b'"')]) if quoted else written.rstrip(b"\t")
    return name.removeprefix(b"b/") if name.startswith(b"b/") else None


def _unescape(match: re.Match[bytes]) -> bytes:
    code = match[1]
    return bytes([int(code, 8)]) if len(code) == 3 else bytes([ESCAPED[code[0]]])
