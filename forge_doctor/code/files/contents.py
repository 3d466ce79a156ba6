"""Which files of a project were read, with what content, and whose findings rest on which; parses nothing."""

from __future__ import annotations

import math
import os
import stat
from collections import Counter
from collections.abc import Iterable, Mapping
from hashlib import blake2b
from pathlib import Path

from forge_doctor.code.files.modules import names_in
from forge_doctor.whole_file import read_whole

GONE = ""
UNSTEADY = "?"  # the digest of what was read twice and was not the same: answers rest on the one or on the other
# What is no name of a file stands for the names of all files of a project, and for all that is in them.
NO_NAME = "\0"
ALL_NAMES, ALL_CONTENTS = f"{NO_NAME}names", f"{NO_NAME}contents"


def digest_of(data: bytes) -> str:
    """What stands for a content."""
    return blake2b(data, digest_size=16).hexdigest()


def digest_of_names(names: Iterable[str]) -> str:
    """What stands for what a folder holds."""
    return digest_of("\0".join(sorted(names)).encode("utf-8", "surrogateescape"))


class Reading:
    """The one place that reads source files.

    `for_all` are the files that every finding of the project rests on, `here` the folder from which findings name
    files, `opened_bytes` how much was opened.
    """

    def __init__(self, root: Path, overlay: Mapping[Path, bytes]) -> None:
        self.here = root
        self.overlay = overlay
        self._named: dict[Path, tuple[str, str]] = {}
        self.for_all: set[Path] = set()
        self.opened_bytes = 0
        self._numbers: dict[Path, int] = {}  # of paths: they are compared by the million
        self._paths: list[Path] = []
        self._used: dict[int, set[int]] = {}
        self._wanted: Counter[int] = Counter()  # how often each was opened for another file
        # That, and what was let go of last had of it by then: what was asked for often, and long ago, is no longer kept.
        self._worth: dict[int, int] = {}
        self._least_worth = 0
        self._current: Path | None = None

    def name(self, path: Path) -> str:
        """How findings name a file."""
        folder = os.path.join(self.here, "")  # noqa: PTH118 - `relative_to` makes a path of each folder above
        return str(path).removeprefix(folder).replace(os.sep, "/")

    def start(self, path: Path) -> None:
        """From here on, what is opened for no other file is opened for this one."""
        self._current = path

    def note(self, path: Path, importer: Path | None) -> None:
        """What is known of `importer` (by default the file being linted) rests on `path`."""
        user = importer or self._current
        if user is not None and user != path:
            number = self._number(path)
            self._wanted[number] += 1
            self._worth[number] = self._least_worth + self._wanted[number]
            self.rest(user, path)

    def rest(self, user: Path, path: Path) -> None:
        """The same of what was found out before, and kept: nobody opens `path` for it."""
        self._used.setdefault(self._number(user), set()).add(self._number(path))

    def rest_on_all(self, user: Path, what: str) -> None:
        """What is known of `user` rests on the names of all files of the project, or on their contents."""
        self._named[Path(what)] = (what, GONE)
        self.rest(user, Path(what))

    def read_for(self, user: Path | None, path: Path) -> bytes:
        """The bytes, for what is found out of `user`, or of every file; that there are none is noted too."""
        self._note_for(user, path)
        return self.read(path) or b""

    def names_for(self, user: Path | None, folder: Path, ending: str) -> frozenset[str]:
        """The names in a folder that end so, noted likewise."""
        names = frozenset(name for name in names_in(folder) if name.endswith(ending))
        place = Path(f"{folder}{os.sep}{NO_NAME}{ending}")
        self._named[place] = (str(place), digest_of_names(names))
        self._note_for(user, place)
        return names

    def _note_for(self, user: Path | None, path: Path) -> None:
        if user is None:
            self.for_all.add(path)
        elif user != path:
            self.rest(user, path)

    def is_wanted(self, path: Path) -> bool:
        """Whether it was opened for another file, or for all."""
        return path in self.for_all or self._number(path) in self._wanted

    def most_wanted(self, paths: Iterable[Path]) -> list[Path]:
        """Those that others opened, most often and lately first."""
        worth = {path: self._worth.get(self._number(path), 0) for path in paths}
        return sorted(worth, key=lambda path: -worth[path])

    def let_go(self, path: Path) -> None:
        """It is no longer open; what is asked for from here on is worth more than what others opened as often before."""
        self._least_worth = max(self._least_worth, self._worth.get(self._number(path), 0))

    def rests_on(self, path: Path) -> tuple[tuple[str, str], ...]:
        """The files that findings in a file rest on, also through what was found out for others and kept, each with
        the digest of what was read; without the file itself."""
        own = self._number(path)
        found = {own, *map(self._number, self.for_all)}
        waiting = [*found]
        while waiting:
            inner = self._used.get(waiting.pop())
            if inner is not None and not inner <= found:
                waiting += inner - found
                found |= inner
        found.discard(own)
        return tuple(sorted(self.named(self._paths[number]) for number in found))

    def _number(self, path: Path) -> int:
        number = self._numbers.get(path)
        if number is None:
            number = self._numbers[path] = len(self._paths)
            self._paths.append(path)
        return number

    def read(self, path: Path) -> bytes | None:
        """The content, which is noted; None for what cannot be read or is no regular file."""
        data = self.bytes_of(path)
        digest = GONE if data is None else digest_of(data)
        known = self._named.get(path)
        self._named[path] = (str(path), digest if known is None or known[1] == digest else UNSTEADY)
        self.opened_bytes += len(data or b"")
        return data

    def named(self, path: Path) -> tuple[str, str]:
        """A file's name and the digest of what was read, always the same object; `GONE` for what could not be read, or
        was not."""
        return self._named.get(path) or (str(path), GONE)

    def bytes_of(self, path: Path) -> bytes | None:
        """The content; None for what cannot be read or is no regular file."""
        if path in self.overlay:
            return self.overlay[path]
        return regular_bytes(path)


def regular_bytes(path: Path, largest: float = math.inf) -> bytes | None:
    """A file's content; None for what cannot be read, is no regular file (a pipe would never end), or is larger."""
    try:
        status = os.stat(path)  # noqa: PTH116 - a call a file
        return read_whole(path) if stat.S_ISREG(status.st_mode) and status.st_size <= largest else None
    except OSError:
        return None
