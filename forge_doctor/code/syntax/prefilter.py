"""What the bytes of a file must have for a rule to look at it (`SUSPECT`), told at the speed of a search for words.

A pattern that begins with a condition or with alternatives costs ten times what one costs that begins with a word, and
that ten times what looking for the word costs. What a file was asked for once, it knows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from forge_doctor.regex import regex

if TYPE_CHECKING:
    from forge_doctor.code.syntax.source import SourceFile

# What a file must mention, one at least, to have to do with a database.
# The databases' names are those of URLs: a settings file may have nothing else.
DATABASE_WORDS = (
    b"sqlalchemy", b"sqlmodel", b"ession", b"db", b"engine", b"conn", b"postgres", b"mysql", b"mssql", b"oracle",
    b"asyncpg", b"alembic",
)  # fmt: skip
# What stands for a database in code that knows none: the usual names of what reads and writes for it.
STORE_WORDS = (b"dao", b"uow", b"crud", b"repo.", b"repo:", b"_repo", b"epositor", b"_of_work", b"gateway")
# What a comment that mutes something begins with.
IGNORE_MARK = "forge-doctor:"


class AnyWord:
    """One of several words, be it inside of another."""

    def __init__(self, *words: bytes) -> None:
        self.words = words

    def search(self, data: bytes) -> bytes | None:
        """The first of the words that is there."""
        for word in self.words:
            if word in data:
                return word
        return None

    def is_in(self, file: SourceFile) -> bool:
        """Whether a file has one of them."""
        return file.mentions(*self.words)


class AnyCall:
    """Something by one of several names stands before an opening parenthesis."""

    def __init__(self, *names: str) -> None:
        self.names = frozenset(names)
        self.words = tuple(name.encode() for name in names)

    def is_in(self, file: SourceFile) -> bool:
        """Whether a file calls one of them."""
        return file.mentions(*self.words) and not self.names.isdisjoint(file.names_called)


class WordsThen:
    """A pattern, looked for only where one of the words is, without which it cannot match."""

    def __init__(self, pattern: bytes, *words: bytes) -> None:
        self.words = words
        self.pattern = regex(pattern)

    def search(self, data: bytes) -> re.Match[bytes] | None:
        """The first match."""
        for word in self.words:
            if word in data:
                return self.pattern.search(data)
        return None

    def finditer(self, data: bytes) -> Iterator[re.Match[bytes]]:
        """Every match."""
        return self.pattern.finditer(data)

    def is_in(self, file: SourceFile) -> bool:
        """Whether it matches in a file."""
        return file.mentions(*self.words) and self.pattern.search(file.data) is not None


class Both:
    """Two facts of one file, the cheaper first."""

    def __init__(self, first: Suspect, second: Suspect) -> None:
        self.parts = (first, second)

    def is_in(self, file: SourceFile) -> bool:
        """Whether a file has both."""
        return all(part.is_in(file) for part in self.parts)


class Either:
    """One of two facts of a file, the cheaper first."""

    def __init__(self, first: Suspect, second: Suspect) -> None:
        self.parts = (first, second)

    def is_in(self, file: SourceFile) -> bool:
        """Whether a file has one of them."""
        return any(part.is_in(file) for part in self.parts)


Suspect = AnyWord | AnyCall | WordsThen | Both | Either
