"""Which modules of the project an env.py loads, by the import statements in the bytes of each; parses none of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.regex import regex

FROM = regex(
    rb"^(?P<indent>[ \t]*)from[ \t]++(?P<module>[\w.]++)[ \t]++import[ \t]++"
    rb"(?:\((?P<many>[^)]{0,4000})\)|(?P<few>[^\n#;]{1,1000}))",
    re.MULTILINE,
)
IMPORT = regex(rb"^(?P<indent>[ \t]*)import[ \t]+(?P<modules>[\w. \t,]{1,1000})", re.MULTILINE)
NAME = regex(rb"(?:^|,)\s{0,40}([\w*]+)")
COMMENT = regex(rb"#[^\n]{0,400}")
FOR_TYPES = regex(rb"^(?P<indent>[ \t]*)if[ \t]++(?:typing\.)?TYPE_CHECKING\b[^\n]*+\n(?:(?P=indent)[ \t]++[^ \t\n][^\n]*+\n|[ \t]*+\n)++",
                  re.MULTILINE)  # fmt: skip
# What loads modules that no import statement names.
DYNAMIC = (b"import_module", b"__import__", b"walk_packages", b"iter_modules", b"load_module", b"exec_module", b"find_modules",
           b"import_submodules", b"import_string", b"autodiscover", b"load_entry_point", b"entry_points")  # fmt: skip
MOST = 5000


class Loaded(NamedTuple):
    """The files, env.py's own among them; `is_dynamic` where one of them may load others that are not in sight, or one
    of the project's packages could not be found."""

    files: dict[Path, SourceFile]
    is_dynamic: bool = False

    def mention(self, *words: bytes) -> bool:
        """Whether one of them has one of the words."""
        return any(one.mentions(*words) for one in self.files.values())


def loaded_by(project: Project, file: SourceFile) -> Loaded:
    """Every module of the project that is imported by importing `file`."""
    files: dict[Path, SourceFile] = {file.absolute: file}
    waiting = [file]
    is_dynamic = False
    while waiting and len(files) < MOST:
        one = waiting.pop()
        is_dynamic = is_dynamic or one.mentions(*DYNAMIC)
        for dotted in imported_modules(one.data):
            for name in _with_packages(dotted):
                found = project.module(name, one)
                is_dynamic = is_dynamic or (found is None and _begins_above(name, project))
                if found is not None and found.absolute not in files:
                    files[found.absolute] = found
                    waiting.append(found)
    return Loaded(files, is_dynamic)


def imported_modules(data: bytes) -> Iterator[str]:
    """The dotted names that a source imports; of `from a import b` both `a` and `a.b`, since b may be a module."""
    data = FOR_TYPES.sub(b"\n", data) if b"TYPE_CHECKING" in data else data
    for match in FROM.finditer(data):
        module = match["module"].decode("utf-8", "replace")
        names = match["many"] if match["many"] is not None else match["few"]
        yield module
        joint = "" if module.endswith(".") else "."
        yield from (f"{module}{joint}{one.decode('utf-8', 'replace')}" for one in NAME.findall(COMMENT.sub(b"", names)))
    for match in IMPORT.finditer(data):
        for part in match["modules"].split(b","):
            words = part.split()
            if words:
                yield words[0].decode("utf-8", "replace")


def _begins_above(dotted: str, project: Project) -> bool:
    """Whether a module that was not found is of a package that the project's own root lies in, as in an unpacked part of a
    repository."""
    package, dot, _ = dotted.partition(".")
    return bool(package and dot) and package in project.root.parts and not (project.root / package).exists()


def _with_packages(dotted: str) -> Iterator[str]:
    """Importing `a.b.c` runs `a` and `a.b` first."""
    level = len(dotted) - len(dotted.lstrip("."))
    parts = dotted[level:].split(".")
    for length in range(1, len(parts) + 1):
        yield "." * level + ".".join(parts[:length])
