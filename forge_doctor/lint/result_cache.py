"""Results of earlier runs, kept by the content of all they rest on; gives none that a new run would not give.

A result holds as long as its file and the files it rests on have the same content, the folders outside of the search
that were looked into the same names, and nothing became different (`news`) that one of those files asks for by name:
a git checkout or a touch costs no more than reading the files.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from forge_doctor.lint.modules import Modules, names_in
from forge_doctor.lint.news import Ground, changed_words, mentions_any
from forge_doctor.lint.reading import GONE, Reading, digest_of, digest_of_names
from forge_doctor.lint.result_store import read_document, write_document
from forge_doctor.lint.result_text import plain_result, plain_surface, result_from, surface_from
from forge_doctor.lint.run import FileResult
from forge_doctor.lint.surface import NOTHING, Surface, surface_of

CLOCK_NS = 2_000_000_000  # the coarsest clock of a file system in use


@dataclass(frozen=True, slots=True)
class Seen:
    """What a file was when it was last looked at."""

    status: tuple[int, ...]
    digest: str


NOT_SEEN = Seen((), GONE)


@dataclass(slots=True)
class ResultCache:
    """The results of one project; `store` is where they are kept."""

    store: Path
    reading: Reading
    ground: Ground = field(default_factory=lambda: Ground(surfaces={}, left_out=()))
    results: dict[str, FileResult] = field(default_factory=dict)
    _digests: dict[str, str] = field(default_factory=dict)
    _statuses: dict[str, tuple[int, ...]] = field(default_factory=dict)
    _is_news: bool = False

    @property
    def surfaces(self) -> Mapping[Path, Surface]:
        """What the project's files tell unopened, those that can be read."""
        return {Path(name): one for name, one in self.ground.surfaces.items() if self._digests[name] != GONE}

    def survey(self, modules: Modules) -> None:
        """Learn the content of the project's files, and take the results that still hold."""
        kept = read_document(self.store)
        known = {digest: surface_from(one) for digest, one in kept.get("surfaces", {}).items()}
        seen = {name: Seen(tuple(status), digest) for name, status, digest in kept.get("seen", ())}
        # A file changed about when the store was written may have been changed again at the same time of the clock.
        sure = (*_status_of(self.store), 0, 0)[1] - CLOCK_NS
        surfaces: dict[str, Surface] = {}
        for path in sorted(modules.files()):
            name = str(path)
            surfaces[name] = self._learned(name, seen.get(name, NOT_SEEN), sure, known)
        self.ground = Ground(surfaces=surfaces, left_out=tuple(sorted(modules.left_out)))
        before = Ground(
            surfaces={name: known.get(one.digest, NOTHING) for name, one in seen.items()},
            left_out=tuple(kept.get("left_out", ())),
        )
        self._is_news |= seen.keys() != surfaces.keys()
        words = changed_words(before, self.ground)
        if kept and words is not None:
            self.results = dict(self._held(kept, words))

    def _learned(self, name: str, then: Seen, sure: int, known: dict[str, Surface]) -> Surface:
        """The surface of a file, which is read only where it may have changed since it was last seen."""
        status = self._statuses[name] = _status_of(Path(name))
        if status == then.status and status and status[2] < sure and then.digest in known:
            self._digests[name] = then.digest
            return known[then.digest]
        self._is_news = True
        data = self.reading.bytes_of(Path(name))
        if data is None:
            self._digests[name] = GONE
            return NOTHING
        digest = self._digests[name] = digest_of(data)
        if digest not in known:
            known[digest] = surface_of(data)
        return known[digest]

    def _held(self, kept: Mapping[str, Any], words: frozenset[bytes]) -> Iterator[tuple[str, FileResult]]:
        pairs = [(name, digest) for name, digest in kept["files"]]
        same = [self._digest_of(name) == digest and not self._mentions(name, words) for name, digest in pairs]
        for numbers, plain in kept["results"]:
            if all(map(same.__getitem__, numbers)):
                yield pairs[numbers[0]][0], result_from(plain, tuple(pairs[number] for number in numbers))

    def _digest_of(self, name: str) -> str:
        if name not in self._digests:
            if name.endswith(os.sep):
                self._digests[name] = digest_of_names(names_in(name))
            else:
                data = self.reading.bytes_of(Path(name))
                self._digests[name] = GONE if data is None else digest_of(data)
        return self._digests[name]

    def _mentions(self, name: str, words: frozenset[bytes]) -> bool:
        return bool(words) and mentions_any(self.reading.bytes_of(Path(name)), words)

    def take(self, results: Iterable[FileResult]) -> None:
        """Remember new results, those of files that could be read and linted to the end."""
        for one in results:
            path, digest = one.digests[0]
            if not one.not_run and digest != GONE:
                self.results[path] = one
                self._is_news = True

    def save(self) -> None:
        """Write it, if there is anything new."""
        if not self._is_news:
            return
        files: dict[tuple[str, str], int] = {}
        results = []
        for one in self.results.values():
            numbers = [files.setdefault(pair, len(files)) for pair in one.digests]
            results.append([numbers, plain_result(one)])
        readable = {
            self._digests[name]: one for name, one in self.ground.surfaces.items() if self._digests[name] != GONE
        }
        document = {
            "left_out": self.ground.left_out,
            "files": list(files),
            "results": results,
            "seen": [[name, status, self._digests[name]] for name, status in self._statuses.items()],
            "surfaces": {digest: plain_surface(one) for digest, one in readable.items()},
        }
        write_document(self.store, document)


def _status_of(path: Path) -> tuple[int, ...]:
    """What changes with every change of a file, its number and time of change among it; empty where it is not there."""
    try:
        status = os.stat(path)  # noqa: PTH116 - each file of a tree passes here
    except OSError:
        return ()
    return (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)
