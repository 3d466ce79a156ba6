"""What the surfaces of all files tell together: names of relationships, files that make factories; parses nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from forge_doctor.code.semantics.inference.kept_answers import kept_for_the_run
from forge_doctor.code.semantics.names.marks import Mark
from forge_doctor.code.semantics.project import Project


@kept_for_the_run
def relationship_names(project: Project) -> frozenset[str]:
    """Names that some class of the project gives a relationship."""
    return frozenset(name for one in project.surfaces.values() for name in one.relationships)


@kept_for_the_run
def making_files(project: Project) -> tuple[Path, ...]:
    """The files with a call that may make a factory."""
    return tuple(path for path, one in project.surfaces.items() if one.makes_factory)


@kept_for_the_run
def ending_names(project: Project) -> frozenset[str]:
    """The names of async functions that may end a transaction."""
    return frozenset(name for one in project.surfaces.values() for name in one.ending_names)


@kept_for_the_run
def giving_names(project: Project) -> frozenset[str]:
    """The names of those among them that may return an object emptied by it."""
    return frozenset(name for one in project.surfaces.values() for name in one.giving_names)


@kept_for_the_run
def marked_functions(project: Project, mark: Mark) -> frozenset[str]:
    """The names of functions that a mark tells."""
    return frozenset(name for one in project.surfaces.values() for kind, name in one.marks if kind == mark)


@kept_for_the_run
def marked_files(project: Project, mark: Mark) -> tuple[Path, ...]:
    """The files that have a mark, in the order of their paths."""
    return tuple(path for path, one in project.surfaces.items() if any(kind == mark for kind, _ in one.marks))


def marked_contents(project: Project, mark: Mark) -> Iterator[bytes]:
    """What is in them."""
    return (project.reading.bytes_of(path) or b"" for path in marked_files(project, mark))
