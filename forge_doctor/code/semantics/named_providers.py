"""Dependencies that Litestar gives by the name of a parameter: `dependencies={"session": Provide(get_session)}`; tells which
functions are given them, and judges none."""

from __future__ import annotations

from collections.abc import Mapping

from forge_doctor.code.semantics.entry_points import handed_over, handovers, is_dependency
from forge_doctor.code.semantics.inference.kept_answers import kept_with_trees
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Call, Dict, FunctionDef, Str

PROVIDE = "Provide"
HANDLERS = frozenset({"get", "post", "put", "patch", "delete", "head", "route", "websocket", "websocket_listener"})


@kept_with_trees
def named_providers(project: Project) -> Mapping[str, tuple[Call, ...]]:
    """Each name that a dict gives a `Provide(...)`, with all of those."""
    found: dict[str, tuple[Call, ...]] = {}
    for place in (one for places in handovers(project).values() for one in places if one.by == PROVIDE):
        node = handed_over(project.open_for_all(place.path), place)
        around = None if node is None else node.enclosing(Dict)
        if node is None or around is None:
            continue
        for key, value in around.items:
            if isinstance(key, Str) and isinstance(value, Call) and value.method == PROVIDE and value.contains(node):
                found[key.value] = (*found.get(key.value, ()), value)
    return found


def handler_decorator(project: Project, function: FunctionDef) -> Call | None:
    """The decorator that makes a function a handler of Litestar."""
    for one in function.decorators if function.file.mentions(b"litestar") else ():
        if isinstance(one, Call) and one.method in HANDLERS and project.qualified(one.func).startswith("litestar."):
            return one
    return None


def is_given_by_name(project: Project, function: FunctionDef) -> bool:
    """Whether Litestar calls it, as a handler or as a dependency of one, with what its parameters are named for."""
    return handler_decorator(project, function) is not None or is_dependency(project, function)
