"""The files of a project whose code its service runs: neither tests nor migrations; read once, judged by nobody here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from forge_doctor.code.semantics.inference.kept_answers import kept_for_the_run
from forge_doctor.code.semantics.project import Project

# Folders whose statements no worker of a service sends, and whose calls say nothing of how it calls.
ELSEWHERE = frozenset(
    {"tests", "test", "testing", "versions", "migrations", "alembic", "benchmarks", "examples", "docs"}
)


@kept_for_the_run
def served_files(project: Project) -> Mapping[Path, bytes]:
    """Their contents: each is asked for every statement and every name anew."""
    return {path: data for path in _paths(project) if (data := project.reading.bytes_of(path))}


def _paths(project: Project) -> Iterator[Path]:
    for path in project.surfaces:
        inner = path.relative_to(project.root).parts if path.is_relative_to(project.root) else path.parts
        name = path.name
        if ELSEWHERE.isdisjoint(inner[:-1]) and not name.startswith("test_") and name != "conftest.py":
            yield path
