"""Where a project hands its functions to a framework: as dependencies, or to be run in the background.

Computed once per project from the bytes of its files, and only when a rule asks; which function is meant is
then told by data flow, by name alone only for methods of something unknown.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import NamedTuple

from forge_doctor.code.semantics.inference.kept_answers import kept_for_the_run
from forge_doctor.code.semantics.library.kinds import Kind
from forge_doctor.code.semantics.names.mentions import (
    DEPENDS,
    JOB_CALL,
    REMOVAL,
    ROUTE_PARAMETER,
    STARTERS,
    WORKER_SETTINGS,
)
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.matched_calls import reference_at
from forge_doctor.code.syntax.nodes import Attribute, Call, FunctionDef, Node, Param
from forge_doctor.code.syntax.source import SourceFile

# Decorators of functions that run without a request.
JOB_DECORATORS = {
    "task": "a task queue",
    "shared_task": "celery",
    "periodic_task": "a task queue",
    "actor": "dramatiq",
    "scheduled_job": "APScheduler",
    "repeat_every": "repeat_every",
    "repeat_at": "repeat_at",
    "on_event": "an event hook",
    "on_startup": "a startup hook",
    "job": "a job queue",
    "cron": "a scheduler",
    "subscriber": "a message broker",
    "command": "",
}


class Place(NamedTuple):
    """Where a name is handed over, and to what."""

    by: str
    path: Path
    offset: int


@kept_for_the_run
def handovers(project: Project) -> dict[str, list[Place]]:
    """What the project hands over, by the last part of the name."""
    found: dict[str, list[Place]] = {}
    for path, surface in project.surfaces.items():
        for mention in surface.mentions:
            found.setdefault(mention.name, []).append(Place(mention.by, path, mention.offset))
    return found


def background_starter(project: Project, function: FunctionDef) -> str:
    """What runs a function apart from any request (`BackgroundTasks.add_task in app/api.py:12`); else empty."""
    for decorator in function.decorators:
        func = decorator.func if isinstance(decorator, Call) else decorator
        name = func.attr if isinstance(func, Attribute) else func.text
        if JOB_DECORATORS.get(name):
            return f"{JOB_DECORATORS[name]} (@{func.text})"
    for mention, node in _mentions_of(project, function, (*STARTERS, WORKER_SETTINGS)):
        words = STARTERS.get(mention.by, "a worker's settings")
        return f"{words} in {node.file.path}:{node.line}"
    return ""


def job_caller(project: Project, function: FunctionDef) -> str:
    """The function that a task queue runs and that calls this one; empty where none is in sight."""
    for _, node in _mentions_of(project, function, (JOB_CALL,)):
        caller = node.function
        if caller is not None:
            return f"{caller.name}() in {node.file.path}:{node.line}"
    return ""


def files_with_parameter(project: Project, type_name: str) -> Iterator[SourceFile]:
    """The files with routes that have a parameter of a type of that name."""
    for place in handovers(project).get(type_name, ()):
        file = project.open(place.path) if place.by == ROUTE_PARAMETER else None
        if file is not None:
            yield file


def is_removed(project: Project, *names: str) -> bool:
    """Whether something by one of these names (none: by whatever name) is removed (`session.remove()`) anywhere in the
    project."""
    handed = handovers(project)
    places = (handed.get(name, ()) for name in names) if names else handed.values()
    return any(one.by == REMOVAL for found in places for one in found)


def is_dependency(project: Project, function: FunctionDef) -> bool:
    """Whether a framework calls it as a dependency (`Depends(function)`)."""
    return next(dependency_markers(project, function), None) is not None


@kept_for_the_run
def dependency_names(project: Project) -> frozenset[str]:
    """The names of what frameworks are told to call as dependencies."""
    return frozenset(name for name, places in handovers(project).items() if any(one.by in DEPENDS for one in places))


def dependency_markers(project: Project, function: FunctionDef) -> Iterator[Node]:
    """Every `function` of a `Depends(function)`."""
    return (node for _, node in _mentions_of(project, function, DEPENDS))


def marked_param(marker: Node) -> Param | None:
    """The parameter that a `Depends(...)` is the default, or a part of the annotation, of."""
    around = next((one for one in marker.ancestors if isinstance(one, Param | FunctionDef)), None)
    return around if isinstance(around, Param) else None


def may_be_injected(project: Project, marker: Call) -> bool:
    """Whether a framework may read a `Depends(...)`. It does not read the default of a function that has no decorator and
    is handed to nothing: whoever calls that one himself passes the argument, or gets the marker."""
    param = marked_param(marker)
    function = None if param is None else param.function_of
    if function is None or function.is_method or function.decorators or function.name in handovers(project):
        return True
    mentioned = rb"\b" + re.escape(function.name).encode() + rb"\b(?!\s*\()"
    return re.search(mentioned, function.file.data) is not None


def handed_over(file: SourceFile | None, place: Place) -> Node | None:
    """What stands at a place of the file: a name, or the whole of `users.router`."""
    return None if file is None else reference_at(file, min(place.offset, len(file.data)))


def _mentions_of(project: Project, function: FunctionDef, by: Collection[str]) -> Iterator[tuple[Place, Node]]:
    for mention in handovers(project).get(function.name, ()):
        if mention.by not in by:
            continue
        node = handed_over(project.open(mention.path), mention)
        if node is not None and node.text.rpartition(".")[2] == function.name and _is_meant(project, node, function):
            yield mention, node


def _is_meant(project: Project, node: Node, function: FunctionDef) -> bool:
    value = project.value_of(node)
    if value.kind is Kind.FUNCTION:
        return value.definition is function
    return value.kind is Kind.UNKNOWN and function.is_method and isinstance(node, Attribute)
