"""Which calls go over the network to another service: httpx, aiohttp and requests, by import and data flow."""

from __future__ import annotations

from collections.abc import Mapping

from forge_doctor.code.semantics.names.bindings import How
from forge_doctor.code.semantics.names.reaching import reaching
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Assign, Attribute, Call, Name, Node, Param, WithItem

CLIENTS = {
    "httpx.AsyncClient": "httpx",
    "httpx.Client": "httpx",
    "aiohttp.ClientSession": "aiohttp",
    "requests.Session": "requests",
    "requests.session": "requests",
}
SENDING = frozenset(
    {"get", "post", "put", "patch", "delete", "head", "options", "request", "send", "stream", "ws_connect"}
)
LIBRARIES = tuple(sorted({name.partition(".")[0].encode() for name in CLIENTS}))


def network_call(project: Project, call: Call) -> str:
    """The library whose request a call sends (`httpx`); empty for any other call."""
    receiver = call.receiver
    if call.method not in SENDING or receiver is None:
        return ""
    name = project.qualified(call.func)
    if name.partition(".")[0] in ("httpx", "requests") and name.count(".") == 1:
        return name.partition(".")[0]
    return client_library(project, receiver)


def client_library(project: Project, node: Node, clients: Mapping[str, str] = CLIENTS, depth: int = 0) -> str:
    """The library of an HTTP client, or of one of these others by the dotted name of its class."""
    if depth > 5:
        return ""
    if isinstance(node, Call):
        return clients.get(project.qualified(node.func), "")
    if isinstance(node, Name):
        return _named(project, node, clients, depth)
    if isinstance(node, Attribute) and node.value.text in ("self", "cls"):
        return _attribute(project, node, clients, depth)
    return ""


def client_package(project: Project, node: Node, packages: Mapping[str, str], depth: int = 0) -> str:
    """The package of these whose session made a client, by `boto3.client(...)`, `session.client(...)` or an attribute."""
    if depth > 5:
        return ""
    if isinstance(node, Call):
        package = project.qualified(node.func).partition(".")[0]
        if package in packages:
            return package
        return "" if node.receiver is None else client_package(project, node.receiver, packages, depth + 1)
    given = given_to(project, node)
    return "" if given is None else client_package(project, given, packages, depth + 1)


def given_to(project: Project, node: Node) -> Node | None:
    """What a name or an attribute of the own object was given, where that is one expression."""
    if isinstance(node, Name):
        found = project.scopes(node.file).lookup(node.id, node)
        bindings = [] if found is None else found[1]
        bound = bindings[0].node if len(bindings) == 1 and not bindings[0].path else None
        return bound.value if isinstance(bound, WithItem | Assign) else None
    if isinstance(node, Attribute) and node.value.text in ("self", "cls"):
        assigns = project.scopes(node.file).attribute_assignments.get(node.attr, [])
        values = [one.value for one in assigns if one.class_ is node.class_ and one.value is not None]
        return values[0] if len(values) == 1 else None
    return None


def _named(project: Project, name: Name, clients: Mapping[str, str], depth: int) -> str:
    scopes = project.scopes(name.file)
    found = scopes.lookup(name.id, name)
    if found is None:
        return ""
    bindings = reaching(found[1], name) if found[0] is scopes.of(name) else found[1]
    if len(bindings) != 1 or bindings[0].path:
        return ""
    node = bindings[0].node
    if isinstance(node, Param) and node.annotation is not None:
        return clients.get(project.qualified(node.annotation), "")
    if isinstance(node, WithItem | Assign) and bindings[0].how is not How.IMPORT and node.value is not None:
        return client_library(project, node.value, clients, depth + 1)
    return ""


def _attribute(project: Project, node: Attribute, clients: Mapping[str, str], depth: int) -> str:
    assigns = project.scopes(node.file).attribute_assignments.get(node.attr, [])
    values = [one for one in assigns if one.class_ is node.class_ and one.value is not None]
    libraries = {client_library(project, one.value, clients, depth + 1) for one in values if one.value is not None}
    return next(iter(libraries)) if len(libraries) == 1 else ""
