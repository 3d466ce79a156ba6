"""Results of earlier runs, kept by the content of all they rest on; gives none that a new run would not give.

A result holds as long as its file and the files it rests on have the same content, the folders outside of the search
that were looked into the same names, and nothing became different (`news`) that one of those files asks for by name:
a git checkout or a touch costs no more than reading the files.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from forge_doctor.code.files.contents import (
    ALL_CONTENTS,
    ALL_NAMES,
    GONE,
    NO_NAME,
    Reading,
    digest_of,
    digest_of_names,
)
from forge_doctor.code.files.modules import Modules, names_in
from forge_doctor.code.semantics.names.outline import NOTHING, Surface, surface_of
from forge_doctor.code.syntax.prefilter import IGNORE_MARK
from forge_doctor.kept_results.file_status import CLOCK_NS, status_of
from forge_doctor.kept_results.store import ODD, read_document, write_document
from forge_doctor.lint.cache.file_result import FileResult
from forge_doctor.lint.cache.invalidation import Ground, changed_words, mentions_any
from forge_doctor.lint.cache.result_text import is_plain_surface, plain_result, plain_surface, result_from, surface_from


class ResultCache:
    """The results of one project; `store` is where they are kept.

    What was kept stays as it was read until it is asked for: a run may ask for one file of thousands.
    """

    def __init__(self, store: Path, reading: Reading) -> None:
        self.store = store
        self.reading = reading
        self._begin()

    def _begin(self) -> None:
        """Know nothing, as before anything was read."""
        self._kept: Mapping[str, Any] = {}
        self._kept_results: dict[str, tuple[int, str, list[Any]]] = {}
        self._fresh: dict[str, FileResult] = {}
        self._left_out: list[str] = []
        self._files: list[tuple[str, str]] = []  # what kept results rest on, by their numbers
        self._plain_surfaces: dict[str, list[Any]] = {}  # by digest
        self._marked: set[str] = set()  # digests of what has comments that may mute
        self._digests: dict[str, str] = {}
        self._statuses: dict[str, list[int]] = {}  # of the project's files
        self._asked = 0  # a bit for each of those that was looked at
        self._others = 0  # a bit for each of those that is not what it was
        self._changed_words: frozenset[bytes] = frozenset()
        self._is_news = False
        vars(self).pop("_surfaces_by_digest", None)

    @property
    def surfaces(self) -> Mapping[Path, Surface]:
        """What the project's files tell unopened, those that can be read."""
        surfaces = self._ground(self._left_out, self._digests_of_project()).surfaces
        return {Path(name): one for name, one in surfaces.items() if self._digests[name] != GONE}

    def survey(self, modules: Modules) -> None:
        """Learn the content of the project's files, and which results still hold; none where the document is none of ours."""
        try:
            self._survey(modules, read_document(self.store))
        except ODD:
            self._begin()
            self._survey(modules, {})

    def _survey(self, modules: Modules, kept: Mapping[str, Any]) -> None:
        self._kept = kept
        surfaces = kept.get("surfaces", {})
        self._plain_surfaces = {digest: plain for digest, plain in surfaces.items() if is_plain_surface(plain)}
        rows = [(name, status, digest, mark) for name, status, digest, mark in self._kept.get("seen", ())]
        self._marked = {digest for _, _, digest, mark in rows if mark}
        seen = {name: (status, digest) for name, status, digest, _ in rows}
        # A file changed about when the store was written may have been changed again at the same time of the clock.
        sure = (*status_of(str(self.store)), 0, 0)[1] - CLOCK_NS
        for name in modules.files():
            self._learn(name, *seen.get(name, ([], GONE)), sure)
        self._left_out = [*sorted(modules.left_out), *sorted(modules.marks)]
        self._is_news |= seen.keys() != self._statuses.keys()
        if self._kept:
            self._compare({name: digest for name, (_, digest) in seen.items()})

    def _learn(self, name: str, status_then: list[int], digest_then: str, sure: int) -> None:
        """The digest and surface of a file, which is read only where it may have changed since it was last seen."""
        status = self._statuses[name] = status_of(name)
        if status == status_then and status and status[2] < sure and digest_then in self._plain_surfaces:
            self._digests[name] = digest_then
            return
        self._is_news = True
        data = self.reading.bytes_of(Path(name))
        digest = self._digests[name] = GONE if data is None else digest_of(data)
        if data is not None and digest not in self._plain_surfaces:
            self._plain_surfaces[digest] = plain_surface(surface_of(data))
            if IGNORE_MARK.encode() in data:
                self._marked.add(digest)

    def _compare(self, digests_then: Mapping[str, str]) -> None:
        """Take what was kept, unless all of it may be different now."""
        left_out = self._kept["left_out"]
        if self._is_news or left_out != self._left_out:
            before = self._ground(left_out, digests_then)
            words = changed_words(before, self._ground(self._left_out, self._digests_of_project()))
            if words is None:
                return
            self._changed_words = words
        self._files = [(name, digest) for name, digest in self._kept["files"]]
        self._kept_results = {self._files[own][0]: (own, bits, plain) for own, bits, plain in self._kept["results"]}

    def _ground(self, left_out: Iterable[str], digests: Mapping[str, str]) -> Ground:
        known = self._surfaces_by_digest
        surfaces = {name: known.get(digest, NOTHING) for name, digest in digests.items()}
        return Ground(surfaces=surfaces, left_out=tuple(left_out))

    @cached_property
    def _surfaces_by_digest(self) -> Mapping[str, Surface]:
        """Those of all files as they were and as they are, once each file was looked at."""
        return {digest: surface_from(plain) for digest, plain in self._plain_surfaces.items()}

    def _digests_of_project(self) -> Mapping[str, str]:
        return {name: self._digests[name] for name in self._statuses}

    def result(self, path: Path) -> FileResult | None:
        """What is known of a file; None where it must be linted."""
        name = str(path)
        if name in self._fresh or name not in self._kept_results:
            return self._fresh.get(name)
        _, bits, plain = self._kept_results[name]
        try:
            return result_from(plain, is_unmarked=self._is_unmarked(name)) if self._are_same(int(bits, 16)) else None
        except ODD:
            return None

    def _are_same(self, bits: int) -> bool:
        """Whether all files and folders of these numbers are what they were: most of what a result rests on, others rest
        on too."""
        for number in numbers_of(bits & ~self._asked):
            if not self._is_same(number):
                self._others |= 1 << number
        self._asked |= bits
        return not bits & self._others

    def _is_unmarked(self, name: str) -> bool:
        """Whether no comment of a file mutes anything; not known of what lies outside of the project's search."""
        return name in self._statuses and self._digests[name] != GONE and self._digests[name] not in self._marked

    def _is_same(self, number: int) -> bool:
        """Whether a file or folder that results rest on is what it was, and nothing new concerns it."""
        name, digest = self._files[number]
        return self._digest_of(name) == digest and not self._mentions_news(name)

    def _digest_of(self, name: str) -> str:
        if name not in self._digests:
            if NO_NAME in name:
                self._digests[name] = digest_of_names(self._names_asked_for(name))
            elif name.endswith(os.sep):
                self._digests[name] = digest_of_names(names_in(name))
            else:
                data = self.reading.bytes_of(Path(name))
                self._digests[name] = GONE if data is None else digest_of(data)
        return self._digests[name]

    def _names_asked_for(self, name: str) -> Iterable[str]:
        """Those of all files, with the digests of what is in them where that is asked for, or some of a folder's."""
        if name in (ALL_NAMES, ALL_CONTENTS):
            return (f"{one} {self._digests[one] * (name == ALL_CONTENTS)}" for one in self._statuses)
        folder, _, ending = name.partition(NO_NAME)
        return (one for one in names_in(folder) if one.endswith(ending))

    def _mentions_news(self, name: str) -> bool:
        words = self._changed_words
        return bool(words) and NO_NAME not in name and mentions_any(self.reading.bytes_of(Path(name)), words)

    def take(self, results: Iterable[FileResult]) -> None:
        """Remember new results, those of files that could be read and linted to the end."""
        for one in results:
            path, digest = one.digests[0]
            if not one.not_run and digest != GONE:
                self._fresh[path] = one
                self._is_news = True

    def _grounds_of(self, name: str) -> Iterator[tuple[str, str]]:
        """What a result rests on, its own file first; of all files the digest is reckoned now."""
        if name in self._fresh:
            pairs = iter(self._fresh[name].digests)
        else:
            own, bits, _ = self._kept_results[name]
            pairs = (self._files[number] for number in (own, *numbers_of(int(bits, 16))))
        for at, digest in pairs:
            yield at, self._digest_of(at) if at in (ALL_NAMES, ALL_CONTENTS) else digest

    def grounds(self, paths: Iterable[Path]) -> set[str]:
        """The names of what the kept results of these files rest on."""
        every = 0
        found: list[int] = []
        for path in paths:
            own, bits, _ = self._kept_results[str(path)]
            every |= int(bits, 16)
            found.append(own)
        return {self._files[number][0] for number in (*found, *numbers_of(every))}

    def save(self) -> None:
        """Write it, if there is anything new."""
        if not self._is_news:
            return
        files: dict[tuple[str, str], int] = {}
        results = []
        for name in {**self._kept_results, **self._fresh}:
            if (one := self.result(Path(name))) is not None:
                numbers = [files.setdefault(pair, len(files)) for pair in self._grounds_of(name)]
                results.append([numbers[0], f"{bits_of(numbers):x}", plain_result(one)])
        digests = self._digests_of_project()
        document = {
            "left_out": self._left_out,
            "files": list(files),
            "results": results,
            "seen": [
                [name, status, digests[name], digests[name] in self._marked] for name, status in self._statuses.items()
            ],
            "surfaces": {digest: self._plain_surfaces[digest] for digest in digests.values() if digest != GONE},
        }
        write_document(self.store, document)


def bits_of(numbers: Iterable[int]) -> int:
    """A bit for each: sets of numbers that are read in one go, and compared so."""
    found = 0
    for number in numbers:
        found |= 1 << number
    return found


def numbers_of(bits: int) -> Iterator[int]:
    """The numbers again, the least first."""
    while bits:
        lowest = bits & -bits
        yield lowest.bit_length() - 1
        bits ^= lowest
