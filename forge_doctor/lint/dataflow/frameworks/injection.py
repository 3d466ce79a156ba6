"""What a framework hands to a function: its `Depends` markers and the functions behind them; judges none."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from forge_doctor.code.semantics.entry_points import dependency_markers, files_with_parameter, marked_param
from forge_doctor.code.semantics.library.kinds import Kind, words
from forge_doctor.code.semantics.library.symbols import DEPENDS
from forge_doctor.code.semantics.literals import alias_of, followed
from forge_doctor.code.semantics.named_providers import handler_decorator, is_given_by_name, named_providers
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import (
    Assign,
    Attribute,
    Call,
    ClassDef,
    FunctionDef,
    Name,
    Node,
    Param,
    Return,
    Sequence,
    Subscript,
)
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.lint.dataflow.frameworks.routers import files_below, registrations

# What has `dependencies=` for more than one route.
LISTING = words("include_router APIRouter FastAPI")
ROUTES = words("get post put patch delete head options api_route websocket websocket_route")
MOST_DEPENDENCIES = 40
MAX_DEPTH = 6


class Injection(NamedTuple):
    """A dependency: the parameter it is for (empty where it only runs), its `Depends(...)`, the function behind it."""

    name: str
    marker: Call
    provider: FunctionDef | None

    @property
    def scope(self) -> str:
        """When what stands behind its `yield` runs: `function` (before the response is sent) or `request`."""
        given = self.marker.keyword("scope")
        return "" if given is None else given.text.strip("\"'")


def injections(project: Project, function: FunctionDef) -> tuple[Injection, ...]:
    """What a function is injected with: by its parameters, its decorators, the router it is registered with, and
    wherever that is included."""
    known: dict[FunctionDef, tuple[Injection, ...]] = function.file.kept.setdefault(injections, {})
    found = known.get(function)
    if found is None:
        found = known[function] = tuple(_injections(project, function))
    return found


def _injections(project: Project, function: FunctionDef) -> Iterator[Injection]:
    for param in function.params:
        marker = marker_of(project, param) if isinstance(param, Param) else None
        if isinstance(param, Param) and marker is not None:
            yield Injection(param.name, marker, provider_of(project, marker, param))
    if (named := named_providers(project)) and is_given_by_name(project, function):
        yield from _by_name(project, function, named)
    for decorator in function.decorators:
        if isinstance(decorator, Call) and decorator.method in ROUTES:
            yield from _listed(project, decorator)
            for call in () if decorator.receiver is None else registrations(project, decorator.receiver):
                yield from _listed(project, call)


def _by_name(project: Project, function: FunctionDef, named: Mapping[str, tuple[Call, ...]]) -> Iterator[Injection]:
    """What the names of the parameters ask for, where all that is provided by that name is the same function's."""
    for param in function.params:
        calls = named.get(param.name, ()) if isinstance(param, Param) and param.default is None else ()
        providers = {provider_of(project, one, None): one for one in calls}
        if isinstance(param, Param) and len(providers) == 1:
            provider, marker = next(iter(providers.items()))
            yield Injection(param.name, marker, provider)


def _listed(project: Project, call: Call) -> Iterator[Injection]:
    """`dependencies=[Depends(f)]`."""
    given = call.keyword("dependencies")
    given = None if given is None else followed(project, given)
    for one in given.elts if isinstance(given, Sequence) else ():
        marker = followed(project, one)
        if isinstance(marker, Call) and marker.method in DEPENDS:
            yield Injection("", marker, provider_of(project, marker, None))


def marker_of(project: Project, param: Param) -> Call | None:
    """The `Depends(...)` of a parameter: its default, or in its `Annotated[...]`, be that under another name."""
    if param.default is not None:
        default = followed(project, param.default)
        if isinstance(default, Call) and default.method in DEPENDS:
            return default
    return None if param.annotation is None else _marker_in(project, param.annotation)


def _marker_in(project: Project, annotation: Node, depth: int = 0) -> Call | None:
    if depth > MAX_DEPTH:
        return None
    if isinstance(annotation, Subscript):
        if annotation.value.text.rpartition(".")[2] != "Annotated":
            return None
        markers = (followed(project, one) for one in annotation.items[1:])
        own = next((one for one in markers if isinstance(one, Call) and one.method in DEPENDS), None)
        return own or (_marker_in(project, annotation.items[0], depth + 1) if annotation.items else None)
    meant = alias_of(project, annotation)
    return None if meant is None else _marker_in(project, meant, depth + 1)


def provider_of(project: Project, marker: Call, param: Param | None) -> FunctionDef | None:
    """The function of the project that a `Depends(...)` calls."""
    given = marker.argument(0, "dependency")
    if given is None:
        class_ = None if param is None or param.annotation is None else _class_of(project, param.annotation)
        return None if class_ is None else project.method(class_, "__init__")
    value = project.value_of(given)
    if value.kind is Kind.FUNCTION and isinstance(value.definition, FunctionDef):
        return value.definition
    if value.kind is Kind.CLASS and isinstance(value.inner.definition, ClassDef):
        return project.method(value.inner.definition, "__init__")
    if value.kind is Kind.INSTANCE and isinstance(value.definition, ClassDef):
        return project.method(value.definition, "__call__")
    return None


def _class_of(project: Project, annotation: Node) -> ClassDef | None:
    """The class of `x: Annotated[Class, Depends()]` or `x: Class = Depends()`."""
    written = alias_of(project, annotation) or annotation
    if isinstance(written, Subscript) and written.items:
        written = written.items[0]
    definition = project.value_of(written).inner.definition
    return definition if isinstance(definition, ClassDef) else None


def dependents(project: Project, provider: FunctionDef) -> Iterator[FunctionDef]:
    """The functions a dependency runs before: those with a `Depends(provider)` of their own, or in the type of a
    parameter (`user: CurrentUser`), and those that depend on them."""
    seen, waiting = {provider}, [provider]
    while waiting and len(seen) < MOST_DEPENDENCIES:
        for one in _direct_dependents(project, waiting.pop(0)):
            if one not in seen:
                seen.add(one)
                yield one
                if endpoint_decorator(project, one) is None:
                    waiting.append(one)


def is_entered_there(marker: Node) -> bool:
    """Whether the function that is given what a `Depends` gives enters or closes it itself."""
    param = marked_param(marker)
    function = None if param is None else param.function_of
    if param is None or function is None:
        return False
    name = re.escape(param.name).encode()
    entered = rb"\bwith\s+(?:[^\n]*,\s*)?" + name + rb"\s*(?:as\b|[:,])|(?:context|closing)\(\s*" + name + rb"\b"
    closed = rb"\b" + name + rb"\s*\.\s*a?close\b"
    return re.search(entered + rb"|" + closed, function.file.data[param.end : function.end]) is not None


def _direct_dependents(project: Project, provider: FunctionDef) -> Iterator[FunctionDef]:
    files: dict[SourceFile, None] = {}
    for node in dependency_markers(project, provider):
        around = next((one for one in node.ancestors if isinstance(one, Param | FunctionDef | Assign)), None)
        listing = next((one for one in node.ancestors if isinstance(one, Call) and one.method in LISTING), None)
        if listing is not None:
            files.update(dict.fromkeys((node.file, *files_below(project, listing))))
        elif isinstance(around, Param) and around.function_of is not None:
            yield around.function_of
        elif isinstance(around, FunctionDef):
            yield around
        elif isinstance(around, Assign):
            files.update(dict.fromkeys((node.file, *files_with_parameter(project, around.target.text))))
        else:
            yield from _decorated_with(node)
    yield from _injected_in(project, provider, files)


def _injected_in(project: Project, provider: FunctionDef, files: Iterable[SourceFile]) -> Iterator[FunctionDef]:
    for file in files:
        for one in project.scopes(file).functions:
            if any(own.provider is provider for own in injections(project, one)):
                yield one


def _decorated_with(node: Node) -> Iterator[FunctionDef]:
    """The function whose decorator has the marker."""
    raw = node.raw.parent
    while raw is not None and raw.type != "decorated_definition":
        raw = raw.parent
    inner = None if raw is None else node.file.node(raw)
    if isinstance(inner, FunctionDef):
        yield inner


def run_before(project: Project, function: FunctionDef) -> Iterator[Injection]:
    """Every dependency that runs before a function, those of dependencies too, each function once."""
    seen: set[FunctionDef] = {function}
    waiting = list(injections(project, function))
    while waiting and len(seen) < MOST_DEPENDENCIES:
        one = waiting.pop(0)
        yield one
        if one.provider is not None and one.provider not in seen:
            seen.add(one.provider)
            waiting += injections(project, one.provider)


def session_source(project: Project, function: FunctionDef, name: str) -> FunctionDef | None:
    """The dependency that makes the session a parameter is given: two parameters of one request with the same one
    get the same session, since a framework asks each dependency once."""
    known: dict[tuple[FunctionDef, str], FunctionDef | None] = function.file.kept.setdefault(session_source, {})
    key = (function, name)
    if key not in known:
        known[key] = None
        known[key] = _session_source(project, function, name)
    return known[key]


def _session_source(project: Project, function: FunctionDef, name: str) -> FunctionDef | None:
    given = next((one for one in injections(project, function) if one.name == name), None)
    if given is None or given.provider is None or given.marker.keyword("use_cache") is not None:
        return None
    returned = [one.value for one in given.provider.find(Return, nested=False)]
    if len(returned) == 1 and isinstance(returned[0], Name):
        return session_source(project, given.provider, returned[0].text) or given.provider
    return given.provider


def endpoint_decorator(project: Project, function: FunctionDef) -> Call | None:
    """The decorator that makes a function a route of FastAPI, Starlette or Litestar."""
    if (handler := handler_decorator(project, function)) is not None:
        return handler
    for one in function.decorators:
        if isinstance(one, Call) and isinstance(one.func, Attribute) and one.method in ROUTES and one.args:
            made = followed(project, one.func.value)
            known = one.file.mentions(b"fastapi") or "fastapi" in project.value_of(one.func.value).name
            return one if known or made.file.mentions(b"fastapi") else None
    return None
