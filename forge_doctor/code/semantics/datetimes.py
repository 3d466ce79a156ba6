"""Whether a datetime that an expression makes has a time zone; follows names and functions of the project, guesses at nothing."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum, auto

from forge_doctor.code.semantics.names.reaching import reaching
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import (
    Assign,
    BinOp,
    Call,
    FunctionDef,
    IfExp,
    Lambda,
    Name,
    NamedExpr,
    Node,
    Param,
    Return,
)
from forge_doctor.regex import regex

MAX_HOPS = 4
DATETIME = "datetime.datetime"
# What a time zone is given as, where that is certain; any other name may be None.
TIME_ZONE = regex(
    r"(?:\w+\.)*(?:utc|UTC)|(?:\w+\.)*(?:ZoneInfo|timezone|gettz|tzutc|tzlocal|get_localzone)\(.{0,200}\)"
)
# Where in the call the zone stands, of those that make a naive one without it.
ZONE_AT = {"now": 0, "fromtimestamp": 1}


class Zone(Enum):
    """Whether a datetime has a time zone."""

    AWARE = auto()
    NAIVE = auto()


def zone_of(project: Project, node: Node, hops: int = 0) -> Zone | None:
    """Of the datetime that an expression makes; None where it may be either, or something else."""
    if hops > MAX_HOPS:
        return None
    if isinstance(node, Call):
        return _called(project, node, hops)
    if isinstance(node, Name):
        return _named(project, node, hops)
    if isinstance(node, BinOp):
        return _moved(project, node, hops)
    if isinstance(node, IfExp):
        ways = [one for one in (node.body, node.orelse) if one.text != "None"]
        return _same(zone_of(project, one, hops + 1) for one in ways)
    return zone_of(project, node.value, hops) if isinstance(node, NamedExpr) else None


def made_by(project: Project, function: Node, hops: int = 0) -> Zone | None:
    """Of the datetime that a function gives when it is called with nothing: `utcnow`, `lambda: datetime.now(UTC)`."""
    if isinstance(function, Lambda):
        return zone_of(project, function.body, hops + 1)
    if isinstance(function, Call):
        made = function.args[0] if function.method == "partial" and function.args else None
        if made is not None and project.qualified(made) == f"{DATETIME}.now":
            given = function.args[1] if len(function.args) == 2 else function.keyword("tz")
            return Zone.NAIVE if given is None and len(function.args) == 1 else _given(given)
        return None
    if project.qualified(function) in (f"{DATETIME}.utcnow", f"{DATETIME}.now", f"{DATETIME}.today"):
        return Zone.NAIVE
    definition = project.value_of(function).definition
    return _returned(project, definition, hops) if isinstance(definition, FunctionDef) else None


def _called(project: Project, call: Call, hops: int) -> Zone | None:
    if call.method == "astimezone":
        return Zone.AWARE
    if call.method == "replace" and call.receiver is not None:
        zone = call.keyword("tzinfo")
        return zone_of(project, call.receiver, hops + 1) if zone is None else _given(zone)
    home, _, name = project.qualified(call.func).rpartition(".")
    if home == DATETIME:
        if name in ZONE_AT:
            zone = call.argument(ZONE_AT[name], "tz")
            return Zone.NAIVE if zone is None else _given(zone)
        return Zone.NAIVE if name in ("utcnow", "today", "utcfromtimestamp") else None
    definition = project.value_of(call.func).definition
    return _returned(project, definition, hops) if isinstance(definition, FunctionDef) else None


def _given(zone: Node | None) -> Zone | None:
    """With the time zone that stands there."""
    if zone is None or zone.text == "None":
        return None if zone is None else Zone.NAIVE
    return Zone.AWARE if TIME_ZONE.fullmatch(zone.text) is not None else None


def _returned(project: Project, function: FunctionDef, hops: int) -> Zone | None:
    if function.is_async or function.is_generator or function.is_stub:
        return None
    if any(one.text not in ("staticmethod", "classmethod") for one in function.decorators):
        return None
    values = [one.value for one in function.find(Return, nested=False) if one.value is not None]
    return _same(zone_of(project, one, hops + 1) for one in values)


def _named(project: Project, name: Name, hops: int) -> Zone | None:
    scopes = project.scopes(name.file)
    found = scopes.lookup(name.id, name)
    if found is None or found[0] is not scopes.of(name):
        return None
    nodes = [one.node for one in reaching(found[1], name) if not one.path]
    if not nodes or any(isinstance(one, Param) or not isinstance(one, Assign | NamedExpr) for one in nodes):
        return None
    given = [one.value for one in nodes if isinstance(one, Assign | NamedExpr)]
    held = [one for one in given if one is not None and one.text != "None"]
    return _same(zone_of(project, one, hops + 1) for one in held)


def _moved(project: Project, node: BinOp, hops: int) -> Zone | None:
    """`now + timedelta(days=1)`; two datetimes make no third."""
    if node.op not in "+-":
        return None
    left, right = (zone_of(project, one, hops + 1) for one in (node.left, node.right))
    return None if left is not None and right is not None else left or (right if node.op == "+" else None)


def _same(zones: Iterable[Zone | None]) -> Zone | None:
    """What all ways agree on."""
    found = set(zones)
    return found.pop() if len(found) == 1 else None
