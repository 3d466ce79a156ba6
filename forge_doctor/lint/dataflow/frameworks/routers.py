"""Where the routes of a router are registered: what makes it, and every `include_router` it is given to, in any file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from forge_doctor.code.semantics.entry_points import handed_over, handovers
from forge_doctor.code.semantics.inference.kept_answers import kept_for_the_run
from forge_doctor.code.semantics.library.kinds import Kind
from forge_doctor.code.semantics.literals import followed
from forge_doctor.code.semantics.names.mentions import INCLUDE
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Assign, Attribute, Call, Node
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.code.syntax.stubs import is_test_file

MOST_ROUTERS = 20


class CallPlace(NamedTuple):
    """A call without its node, which lasts no longer than its tree."""

    path: Path
    start: int
    end: int


class Inclusions(NamedTuple):
    """Every `include_router` of the project, by the call that makes the router it includes; the calls that make the routers
    each one takes in; and the files that say so. Without any where none of these files says `dependencies`."""

    by_router: Mapping[CallPlace, tuple[CallPlace, ...]]
    taken_in: Mapping[CallPlace, tuple[CallPlace, ...]]
    files: tuple[Path, ...]


def registrations(project: Project, router: Node) -> Iterator[Call]:
    """The calls whose `dependencies=` count for the routes of a router, those of the routers it is included in too."""
    known = _noted(project, router.file)
    seen: set[Call] = set()
    waiting = [router]
    while waiting and len(seen) < MOST_ROUTERS:
        made = _made(project, waiting.pop(0))
        if isinstance(made, Call) and made not in seen:
            seen.add(made)
            yield made
            for include in _calls_at(project, known.by_router.get(_place_of(made), ())):
                yield include
                waiting += [] if include.receiver is None else [include.receiver]


def files_below(project: Project, call: Call) -> Iterator[SourceFile]:
    """The files of the routers that the `dependencies=` of this call count for."""
    known = _noted(project, call.file)
    first = call.argument(0, "router") if call.method == INCLUDE else call
    waiting = [] if first is None else [_made(project, first)]
    seen: set[Call] = set()
    while waiting and len(seen) < MOST_ROUTERS:
        made = waiting.pop(0)
        if isinstance(made, Call) and made not in seen:
            seen.add(made)
            yield made.file
            waiting += _calls_at(project, known.taken_in.get(_place_of(made), ()))


def _noted(project: Project, file: SourceFile) -> Inclusions:
    """All inclusions; what is found out for a file rests on where they stand."""
    known = inclusions(project)
    if _noted not in file.kept:
        file.kept[_noted] = True
        for path in known.files:
            project.reading.rest(file.absolute, path)
    return known


def _place_of(call: Call) -> CallPlace:
    return CallPlace(call.file.absolute, call.start, call.end)


def _calls_at(project: Project, places: Iterable[CallPlace]) -> Iterator[Call]:
    for place in places:
        file = project.open(place.path)
        node = None if file is None else file.node_at(min(place.start, len(file.data)))
        for one in () if node is None else (node, *node.ancestors):
            if isinstance(one, Call) and (one.start, one.end) == place[1:]:
                yield one
                break


def _made(project: Project, router: Node) -> Node:
    """The call that makes a router, be that of another module (`users.router`)."""
    if isinstance(router, Attribute):
        module = project.value_of(router.value)
        home = module.definition.file if module.kind is Kind.MODULE and module.definition is not None else None
        target = None if home is None else project.export(home, router.attr)
        binding = None if target is None else target.binding
        if binding is not None and isinstance(binding.node, Assign) and binding.node.value is not None:
            return followed(project, binding.node.value)
    return followed(project, router)


@kept_for_the_run
def inclusions(project: Project) -> Inclusions:
    """What is included where, found once."""
    places = [one for found in handovers(project).values() for one in found if one.by == INCLUDE]
    files = {path: project.open(path) for path in dict.fromkeys(one.path for one in places)}
    by_router: dict[CallPlace, list[CallPlace]] = {}
    taken_in: dict[CallPlace, list[CallPlace]] = {}
    if any(file is not None and file.mentions(b"dependencies") for file in files.values()):
        for place in places:
            file = files[place.path]
            node = None if file is None or is_test_file(file) else handed_over(file, place)
            include = None if node is None else node.enclosing(Call)
            made = None if node is None else _made(project, node)
            if include is None or include.method != INCLUDE or not isinstance(made, Call):
                continue
            by_router.setdefault(_place_of(made), []).append(_place_of(include))
            outer = None if include.receiver is None else _made(project, include.receiver)
            if isinstance(outer, Call):
                taken_in.setdefault(_place_of(outer), []).append(_place_of(made))
    return Inclusions(
        by_router={router: tuple(calls) for router, calls in by_router.items()},
        taken_in={router: tuple(calls) for router, calls in taken_in.items()},
        files=tuple(files),
    )
