"""Paths, and the text of files that a migration reads to send it as SQL: only files of the project are opened."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping
from pathlib import PurePosixPath

from forge_doctor.dataclass import dataclass
from forge_doctor.migrations.evaluation.interface import Runner
from forge_doctor.migrations.evaluation.values import Unknown, Value, is_known

PATHS = frozenset({"pathlib.Path", "pathlib.PurePath", "pathlib.PosixPath", "anyio.Path"})
OPENING = frozenset({"builtins.open", "io.open", "codecs.open"})
OF_TEXT: Mapping[str, Callable[..., str]] = {
    "os.path.join": posixpath.join,
    "os.path.dirname": posixpath.dirname,
    "os.path.basename": posixpath.basename,
    "os.path.normpath": posixpath.normpath,
    "os.path.abspath": str,
    "os.path.realpath": str,
    "os.fspath": str,
}
SAME = frozenset({"resolve", "absolute", "expanduser", "as_posix", "__str__"})


@dataclass(frozen=True, slots=True)
class FilePath:
    """A `pathlib.Path` whose text is known."""

    path: PurePosixPath

    def __str__(self) -> str:
        return str(self.path)


@dataclass(frozen=True, slots=True)
class OpenFile:
    """What `open()` gives."""

    path: str


def made(run: Runner, name: str, args: tuple[Value, ...]) -> Value:
    """What a function of paths or files gives; None where it is another function, or where its arguments are not known."""
    if name == "builtins.str":
        return str(args[0]) if len(args) == 1 and isinstance(args[0], FilePath) else None
    if name == "pathlib.Path.cwd":
        return FilePath(PurePosixPath())
    words = [str(one) for one in args if isinstance(one, FilePath) or (isinstance(one, str) and is_known(one))]
    if name in OPENING and words and isinstance(args[0], FilePath | str):
        return OpenFile(words[0])
    if len(words) != len(args):
        return None
    if name in PATHS:
        return FilePath(PurePosixPath(*words))
    if name in OF_TEXT and words:
        return OF_TEXT[name](*words)
    if name in ("pathlib.Path.read_text", "pathlib.Path.open") and words:
        return method(run, FilePath(PurePosixPath(words[0])), name.rpartition(".")[2], args[1:])
    return None


def attribute(value: FilePath, name: str) -> Value:
    """What an attribute of a path is."""
    if name == "parent":
        return FilePath(value.path.parent)
    if name == "parents":
        return [FilePath(one) for one in value.path.parents]
    return str(getattr(value.path, name)) if name in ("name", "stem", "suffix") else Unknown(name)


def method(run: Runner, value: FilePath | OpenFile, name: str, args: tuple[Value, ...]) -> Value:
    """What a method of a path, or of an open file, gives."""
    if isinstance(value, OpenFile) or name == "read_text":
        text = run.text_of(str(value.path)) if name in ("read", "read_text", "readlines") else None
        known: Value = Unknown(name) if text is None else text
        return text.splitlines(keepends=True) if text is not None and name == "readlines" else known
    if name in SAME and not args:
        return str(value) if name == "as_posix" else value
    words = [str(one) for one in args if isinstance(one, FilePath | str)]
    if name == "open":
        return OpenFile(str(value))
    if name == "joinpath" and len(words) == len(args):
        return joined(value, *words)
    if name in ("with_name", "with_suffix") and len(words) == 1:
        try:
            return FilePath(getattr(value.path, name)(words[0]))
        except ValueError:
            pass
    return Unknown(name)


def joined(left: FilePath | str, *others: Value) -> Value:
    """`left / right`."""
    if all(isinstance(one, FilePath) or (isinstance(one, str) and is_known(one)) for one in others):
        return FilePath(PurePosixPath(str(left), *map(str, others)))
    return Unknown("a path")
