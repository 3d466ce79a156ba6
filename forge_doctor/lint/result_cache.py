"""Results of earlier runs, kept by the content of all they rest on; safe to delete, and never worth an error.

One file a project, way of linting and folder it is linted from. It holds the digests of the project's files, their
surfaces, and what each linted file gave. A result holds as long as its file, the files it rests on and all surfaces
are the same: a git checkout or a touch costs no more than reading the files. The store is replaced at once and as a
whole, so that runs beside each other lose at most each other's news.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any

from forge_doctor.lint.reading import GONE, Reading, digest_of
from forge_doctor.lint.result_text import plain_result, plain_surface, result_from, surface_from
from forge_doctor.lint.run import FileResult
from forge_doctor.lint.surface import Surface, surface_of

MOST_PROJECTS = 60
MOST_LEFT_OVER = 4
CLOCK_NS = 2_000_000_000  # the coarsest clock of a file system in use
# What a document that somebody else wrote may end in.
WRONG_SHAPE = (AttributeError, IndexError, KeyError, TypeError, ValueError)
TAG = "Signature: 8a477f597d28d172789f06886806bc55\n# Results of forge-doctor lint; safe to delete.\n"


@dataclass(slots=True)
class ResultCache:
    """The results of one project; `store` is where they are kept."""

    store: Path
    reading: Reading
    digests: dict[str, str] = field(default_factory=dict)
    statuses: dict[str, tuple[int, ...]] = field(default_factory=dict)
    surfaces: dict[Path, Surface] = field(default_factory=dict)
    results: dict[str, FileResult] = field(default_factory=dict)
    _known: dict[str, Surface] = field(default_factory=dict)
    _seen: dict[str, tuple[tuple[int, ...], str]] = field(default_factory=dict)
    _facts: str = ""
    _is_news: bool = False

    def survey(self, paths: Iterable[Path]) -> None:
        """Learn the content of the project's files, and take the results that still hold."""
        kept = _loaded(self.store)
        with contextlib.suppress(*WRONG_SHAPE):
            self._known = {digest: surface_from(one) for digest, one in kept["surfaces"].items()}
        with contextlib.suppress(*WRONG_SHAPE):
            # A file changed about when the store was written may have been changed again at the same time of the clock.
            sure = (*_status_of(self.store), 0, 0)[1] - CLOCK_NS
            self._seen = {
                name: (tuple(status), digest) for name, status, digest in kept["seen"] if status and status[2] < sure
            }
        for path in paths:
            self._learn(path)
        self._facts = _facts_of(self.surfaces)
        if kept.get("facts") == self._facts:
            with contextlib.suppress(*WRONG_SHAPE):
                self.results = dict(self._held(kept))

    def _learn(self, path: Path) -> None:
        """The digest and the surface of a file, read only where it may have changed since it was last seen."""
        status = _status_of(path)
        before, digest = self._seen.get(str(path), ((), GONE))
        data = None
        if before != status or digest not in self._known:
            data = self.reading.bytes_of(path)
            digest = GONE if data is None else digest_of(data)
            self._is_news = True
        self.digests[str(path)] = digest
        self.statuses[str(path)] = status
        if digest in self._known:
            self.surfaces[path] = self._known[digest]
        elif data is not None:
            self.surfaces[path] = self._known[digest] = surface_of(data)

    def _held(self, kept: Mapping[str, Any]) -> Iterator[tuple[str, FileResult]]:
        pairs = [(name, digest) for name, digest in kept["files"]]
        same = [self._digest_of(name) == digest for name, digest in pairs]
        for numbers, plain in kept["results"]:
            if all(map(same.__getitem__, numbers)):
                yield pairs[numbers[0]][0], result_from(plain, tuple(pairs[number] for number in numbers))

    def _digest_of(self, name: str) -> str:
        if name not in self.digests:
            data = self.reading.bytes_of(Path(name))
            self.digests[name] = GONE if data is None else digest_of(data)
        return self.digests[name]

    def take(self, results: Iterable[FileResult]) -> None:
        """Remember new results, those of files that could be read and linted to the end."""
        for one in results:
            path, digest = one.digests[0]
            if not one.not_run and digest != GONE:
                self.results[path] = one
                self._is_news = True

    def save(self) -> None:
        """Write it, if there is anything new and the folder can be written."""
        if not self._is_news:
            return
        files: dict[tuple[str, str], int] = {}
        results = []
        for one in self.results.values():
            numbers = [files.setdefault(pair, len(files)) for pair in one.digests]
            results.append([numbers, plain_result(one)])
        document = {
            "facts": self._facts,
            "files": list(files),
            "results": results,
            "seen": [[name, status, self.digests[name]] for name, status in self.statuses.items()],
            "surfaces": {self.digests[str(path)]: plain_surface(one) for path, one in self.surfaces.items()},
        }
        with contextlib.suppress(OSError, ValueError):
            _write(self.store, json.dumps(document, separators=(",", ":")).encode("utf-8", "surrogatepass"))


def _status_of(path: Path) -> tuple[int, ...]:
    """What changes with every change of a file, its number and time of change among it; empty where it is not there."""
    try:
        status = os.stat(path)  # noqa: PTH116 - each file of a tree passes here
    except OSError:
        return ()
    return (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)


def store_for(folder: Path, root: Path, way: Iterable[str]) -> Path:
    """Where results of a project linted in this way are kept."""
    name = blake2b("\0".join((str(root), *way)).encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()
    return folder / f"{name}.json"


def stamp(*folders: Path) -> str:
    """Changes with any file of these folders: the rules' own code, the parser, its grammar."""
    found: list[str] = []
    waiting = list(folders)
    while waiting:
        with contextlib.suppress(OSError), os.scandir(waiting.pop()) as entries:
            for entry in entries:
                if entry.is_dir() and entry.name != "__pycache__":
                    waiting.append(Path(entry.path))
                elif entry.name.endswith((".py", ".so", ".pyd")):
                    status = entry.stat()
                    found.append(f"{entry.path} {status.st_size} {status.st_mtime_ns}")
    return digest_of("\n".join(sorted(found)).encode("utf-8", "surrogateescape"))


def _facts_of(surfaces: Mapping[Path, Surface]) -> str:
    """All that results rest on without opening it: which files there are, and what their surfaces tell."""
    digest = blake2b(digest_size=16)
    for path in sorted(surfaces):
        digest.update(repr((str(path), surfaces[path].facts)).encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def _loaded(store: Path) -> Mapping[str, Any]:
    """Empty where there is nothing, or nothing that can be read."""
    try:
        document = json.loads(store.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def _write(store: Path, data: bytes) -> None:
    store.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    tag = store.parent / "CACHEDIR.TAG"
    if not tag.exists():
        tag.write_text(TAG, encoding="utf-8")
        (store.parent / ".gitignore").write_text("*\n", encoding="utf-8")
    handle, temporary = tempfile.mkstemp(dir=store.parent, prefix=".new.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
        Path(temporary).replace(store)
    except OSError:
        Path(temporary).unlink(missing_ok=True)
        raise
    _sweep(store.parent)


def _sweep(folder: Path) -> None:
    """Keep the newest projects, and little of what runs that were ended left behind."""
    for pattern, most in (("*.json", MOST_PROJECTS), (".new.*", MOST_LEFT_OVER)):
        stores = sorted(folder.glob(pattern), key=lambda one: one.stat().st_mtime, reverse=True)
        for old in stores[most:]:
            old.unlink(missing_ok=True)
