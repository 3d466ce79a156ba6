"""How a project configures pytest for async tests, as its files say; runs no test."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.source import SourceFile

CONFIGURATION = ("pyproject.toml", "pytest.ini", "setup.cfg", "tox.ini", "conftest.py")
MOST_TESTS = 40


def is_automatic(project: Project, file: SourceFile) -> bool:
    """Whether pytest-asyncio takes every async fixture (`asyncio_mode = auto`)."""
    return any(b"asyncio_mode" in data and b"auto" in data for data in configuration(project, file))


def tests_beside(project: Project, file: SourceFile) -> Iterator[bytes]:
    """The test modules of the file's folder."""
    folder = file.absolute.parent
    tests = sorted(one for one in project.reading.names_for(file.absolute, folder, ".py") if one.startswith("test_"))
    yield from (project.reading.read_for(file.absolute, folder / name) for name in islice(tests, MOST_TESTS))


def configuration(project: Project, file: SourceFile) -> Iterator[bytes]:
    """The files that may configure pytest, from the file's folder up to the project's root."""
    for folder in file.absolute.parents:
        if folder != project.root and project.root not in folder.parents:
            return
        yield from (project.reading.read_for(file.absolute, folder / name) for name in CONFIGURATION)
