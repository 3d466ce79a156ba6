"""What a function reads of an object that it is given, or of each of a list of them: `to_dto(user)`, `Dto.of(user)`,
`mapper.all(users)`. Looks into functions of the project alone, and leaves out what they read only sometimes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from forge_doctor.code.semantics.inference.functions import decorated
from forge_doctor.code.semantics.library.symbols import HARMLESS_DECORATORS
from forge_doctor.code.semantics.names.reaching import reaching
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.dominance import leaves
from forge_doctor.code.syntax.nodes import Assign, Attribute, Call, ComprehensionFor, For, FunctionDef, If, Name, Node
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.lint.dataflow.control_flow import is_waited_for
from forge_doctor.lint.dataflow.expired.implicit_reads import ASKS_FIRST, may_be_skipped
from forge_doctor.lint.dataflow.sessions.transactions import calls_of
from forge_doctor.lint.dataflow.use_def import parameter_name
from forge_doctor.regex import regex

MAX_DEPTH = 2  # of functions behind the one that is given the object
# What keeps, shows or sends objects, and reads no attribute of them.
PASSED_OVER = frozenset(
    """add add_all append bool delete dict enumerate execute extend flush get getattr hasattr isinstance len list merge print
    range refresh repr scalar scalars set setattr sorted str sum super tuple type zip""".split()  # noqa: SIM905
)
# `user = await ...`, `for user in ...`, also of a comprehension: with as much as may say what it is.
BOUND = regex(
    rb"(?:^[ \t]*(\w+(?:[ \t]*,[ \t]*\w+){0,4})[ \t]*(?::[^=\n]{1,80})?=(?!=)|\bfor[ \t]+(\w+)[ \t]+in\b)(?=((?:[^\n]{0,200}\n?){1,2}))",
    re.MULTILINE,
)
RECEIVING = regex(rb"\bawait\b|\b[A-Z]\w*\(")
WORD = regex(rb"\w+")


class Taker(NamedTuple):
    """A function that is given an object under the name of a parameter; with `each`, a list of them."""

    function: FunctionDef
    name: str
    each: bool = False


class HandedRead(NamedTuple):
    """An attribute that is read of the object; `through` are the arguments by which it came there from the first taker."""

    node: Attribute
    through: tuple[Node, ...] = ()


class Argument(NamedTuple):
    """A name that a call is given; `around` is its keyword, or else the call."""

    call: Call
    place: Name
    around: Node


def arguments_given(file: SourceFile, names: Iterable[str]) -> Iterator[Argument]:
    """Those of calls by these names in async functions that may hold what an `await` gave."""
    for call in file.calls(*names):
        function = call.function
        if function is not None and function.is_async:
            received = _names_received(function)
            yield from (one for one in _arguments(call) if one.place.id.encode() in received)


def _arguments(call: Call) -> Iterator[Argument]:
    yield from (Argument(call, one, call) for one in call.args if isinstance(one, Name))
    yield from (Argument(call, one.value, one) for one in call.keywords if one.name and isinstance(one.value, Name))


def _names_received(function: FunctionDef) -> frozenset[bytes]:
    """Cheap: the names that may hold what an `await` gave or a class has made, by the lines that bind them; parameters of what
    is decorated too, which may be injected. Found once."""
    known: dict[FunctionDef, frozenset[bytes]] = function.file.kept.setdefault(_names_received, {})
    if function not in known:
        known[function] = _names_bound(function)
    return known[function]


def _names_bound(function: FunctionDef) -> frozenset[bytes]:
    found = {name.encode() for name in function.param_names} if function.decorators else set()
    for bound in BOUND.finditer(function.file.data, function.start, function.end):
        names, value = WORD.findall(bound[1] or bound[2]), bound[3]
        if RECEIVING.search(value) is not None or not found.isdisjoint(WORD.findall(value)):
            found.update(names)
    return frozenset(found)


def taker_of(project: Project, call: Call, place: Node, around: Node, *, each: bool) -> Taker | None:
    """The function of the project that runs where it is given the object, before its caller goes on."""
    function = project.called(call)
    if function is None or function.is_generator or function.is_stub or not is_waited_for(call, function):
        return None
    if function.decorators and not decorated(function, HARMLESS_DECORATORS):
        return None
    name = parameter_name(function, call, place, around)
    return Taker(function, name, each) if name else None


def reads_of(project: Project, taker: Taker, depth: int = 0) -> tuple[HandedRead, ...]:
    """What is always read of the object, in what the function hands it on to as well; worked out once."""
    known: dict[tuple[Taker, int], tuple[HandedRead, ...]] = taker.function.file.kept.setdefault(reads_of, {})
    key = (taker, depth)
    if key not in known:
        known[key] = ()  # of a function that hands it to itself
        known[key] = tuple(_reads_of(project, taker, depth))
    return known[key]


def _reads_of(project: Project, taker: Taker, depth: int) -> Iterator[HandedRead]:
    function = taker.function
    if ASKS_FIRST.search(function.file.data, function.start, function.end) is not None:
        return
    for read in function.find(Attribute, nested=False):
        around = read.parent
        is_target = isinstance(around, Assign) and read in around.targets
        if not is_target and _is_object(project, taker, read.value) and not _is_skipped(taker, read):
            yield HandedRead(read)
    for inner, place in _handed_on(project, taker).items() if depth < MAX_DEPTH else ():
        for one in reads_of(project, inner, depth + 1):
            yield one._replace(through=(place, *one.through))


def _handed_on(project: Project, taker: Taker) -> dict[Taker, Node]:
    """What a function hands the object on to, each with the first place where it does."""
    found: dict[Taker, Node] = {}
    calls = (one for one in calls_of(taker.function) if one.method not in PASSED_OVER)
    for call, place, around in (argument for one in calls for argument in _arguments(one)):
        is_list = taker.each and _is_parameter(project, taker, place)
        if (is_list or _is_object(project, taker, place)) and not _is_skipped(taker, place):
            inner = taker_of(project, call, place, around, each=is_list)
            if inner is not None:
                found.setdefault(inner, place)
    return found


def _is_object(project: Project, taker: Taker, node: Node) -> bool:
    """Whether it is a name of the object, or with `each` of one that the function walks over."""
    if not taker.each:
        return _is_parameter(project, taker, node)
    walk = _bound_by(project, node)
    return isinstance(walk, For | ComprehensionFor) and _is_parameter(project, taker, walk.iter)


def _is_parameter(project: Project, taker: Taker, node: Node) -> bool:
    bound = _bound_by(project, node) if isinstance(node, Name) and node.id == taker.name else None
    return bound is not None and any(bound is one for one in taker.function.params)


def _is_skipped(taker: Taker, place: Node) -> bool:
    """Whether the function may run without passing there, whatever it is given."""
    return _first_way_out(taker) < place.start or may_be_skipped(place, taker.function)


def _first_way_out(taker: Taker) -> int:
    """Where the first way out of the function stands that does not ask for the object: those that do are taken only without
    one. Behind the function where there is none; found once."""
    known: dict[Taker, int] = taker.function.file.kept.setdefault(_first_way_out, {})
    if taker not in known:
        ways_out = (one for one in taker.function.find(If, nested=False) if leaves(one.body))
        starts = (one.start for one in ways_out if taker.name not in one.test.text)
        known[taker] = min(starts, default=taker.function.end)
    return known[taker]


def _bound_by(project: Project, node: Node) -> Node | None:
    """The one thing that binds a name where it stands."""
    found = project.scopes(node.file).lookup(node.id, node) if isinstance(node, Name) else None
    bindings = () if found is None else reaching(found[1], node)
    return bindings[0].node if len(bindings) == 1 and not bindings[0].path else None
