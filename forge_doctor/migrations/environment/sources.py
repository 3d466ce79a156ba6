"""Which files of a project have to do with its tables or with Alembic, told by one reading of their bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from forge_doctor.code.files.contents import Reading
from forge_doctor.regex import regex

MODEL = regex(rb"__tablename__|\btable\s{0,8}=\s{0,8}True|=\s{0,8}(?:sa\.|sqlalchemy\.|db\.)?Table\(")
UPGRADE = regex(rb"\w\.upgrade\b|\bimport\s[^\n]{0,200}\bupgrade\b|[\"']upgrade[\"']|\balembic\s{1,4}upgrade\b")


class Kept(NamedTuple):
    """The files with a table in them, and those that may run an upgrade."""

    models: tuple[Path, ...]
    upgrades: tuple[Path, ...]


class Sources:
    """The Python files of a project, listed and read when first asked for."""

    def __init__(self, list_files: Callable[[], Iterable[Path]], reading: Reading) -> None:
        self._list_files = list_files
        self._reading = reading

    @cached_property
    def files(self) -> tuple[Path, ...]:
        """All of them, in the order of their paths."""
        return tuple(sorted(self._list_files()))

    @cached_property
    def kept(self) -> Kept:
        """Those with something in them."""
        models, upgrades = [], []
        for path in self.files:
            data = self._reading.bytes_of(path) or b""
            if MODEL.search(data):
                models.append(path)
            if b"alembic" in data and UPGRADE.search(data):
                upgrades.append(path)
        return Kept(tuple(models), tuple(upgrades))

    def with_word(self, word: bytes) -> Iterator[tuple[Path, bytes]]:
        """The files that have a word, with what is in them."""
        for path in self.files:
            data = self._reading.bytes_of(path) or b""
            if word in data:
                yield path, data
