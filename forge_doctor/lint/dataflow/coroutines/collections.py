"""What becomes of coroutines in a list or dict that somebody counts, walks over or takes them out of; judges none that
goes where nobody can look."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from forge_doctor.code.semantics.library.kinds import words
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import (
    Assign,
    Attribute,
    Call,
    ClassDef,
    Compare,
    Comprehension,
    ComprehensionFor,
    Delete,
    Dict,
    For,
    Name,
    Node,
    Param,
    Sequence,
    Starred,
    Subscript,
)
from forge_doctor.finding import Confidence
from forge_doctor.lint.dataflow.coroutines.arguments import are_wanted_as_data, takes_coroutines
from forge_doctor.lint.dataflow.coroutines.declared import says_what_it_holds
from forge_doctor.lint.dataflow.response_models import route_decorator
from forge_doctor.lint.dataflow.use_def import few_reads_of, reads_of
from forge_doctor.lint.dataflow.uses import Fate, Use, at_place, harmless

COUNTING = words("len sum min max any all sorted print str repr bool jsonable_encoder")
COPYING = words("list tuple set frozenset reversed")
MAPPINGS = words("dict defaultdict OrderedDict")
# Methods of lists and dicts: what puts something in tells nothing, what takes one out gives a coroutine.
PUTTING = words(
    "append extend insert add update appendleft extendleft clear remove discard keys move_to_end setdefault"
)
TAKING = words("get pop popleft")
MAX_DEPTH = 4


class Held(NamedTuple):
    """An expression that holds coroutines: as the elements of a list, the values of a dict (`is_mapping`), or at one
    place (`at`) of the pairs that its iteration gives."""

    node: Node
    is_mapping: bool = False
    at: int | None = None


class Follower:
    """Follows what holds coroutines; what becomes of one that is taken out is for `fate_of_one` to say.

    What was asked is kept: each whole is followed once from each depth.
    """

    def __init__(self, project: Project, fate_of_one: Callable[[Node], Fate]) -> None:
        self.project = project
        self.fate_of_one = fate_of_one
        self._known: dict[tuple[Held, int], Fate | None] = {}

    def many(self, held: Held, depth: int = 0) -> Fate | None:
        """The fault of a whole, through the name it may be bound to; None where somebody may await what is in it."""
        if (held, depth) not in self._known:
            self._known[(held, depth)] = self._many(held, depth)
        return self._known[(held, depth)]

    def _many(self, held: Held, depth: int) -> Fate | None:
        fate, place = at_place(held.node)
        if fate.use is not Use.ASSIGNED:
            return self._used(held, depth)
        assign = place.parent
        if not isinstance(assign, Assign) or not isinstance(assign.target, Name) or assign.is_augmented:
            return None
        return self.named(assign.target, assign, held, depth)

    def named(self, name: Name, assign: Assign, held: Held, depth: int = 0) -> Fate | None:
        """The same of a name: a fault where every read of it is one."""
        if depth > MAX_DEPTH:
            return None
        found = few_reads_of(self.project, name, assign)
        return None if found is None else self.read(found, held, depth)

    def read(self, found: Iterable[Node], held: Held, depth: int = 0) -> Fate | None:
        """The same of what is read there: of a dict, whether a key is in it tells neither way."""
        reads = [read for read in found if not _puts_in(read) and not (held.is_mapping and _is_asked_for_key(read))]
        fates = [self._used(held._replace(node=read), depth) for read in reads]
        known = [one for one in fates if one is not None]
        return known[0] if known and len(known) == len(fates) else None

    def _used(self, held: Held, depth: int) -> Fate | None:
        fate, place = at_place(held.node)
        if fate.use in (Use.CONDITION, Use.FORMATTED) or isinstance(fate.node, Compare):
            return fate
        if fate.use is Use.ARGUMENT and isinstance(fate.node, Call):
            return self._given(held, fate, place, depth)
        if fate.use is Use.ARGUMENT and are_wanted_as_data(self.project, fate.node, place):
            return fate._replace(confidence=Confidence.MEDIUM)
        if fate.use is Use.CHAINED:
            return self._taken(held, fate.node, depth)
        if fate.use is Use.RETURNED:
            return self._returned(place, fate.node)
        if fate.use is Use.ITERATED and isinstance(fate.node, For | ComprehensionFor):
            return self._iterated(held, fate.node)
        return None

    def _given(self, held: Held, fate: Fate, place: Node, depth: int) -> Fate | None:
        """By a call it is an argument of."""
        call = fate.node
        if not isinstance(call, Call):
            return None
        if call.receiver is None and call.method in COUNTING:
            return fate
        if call.receiver is None and call.method in COPYING and not held.is_mapping:
            return self.many(held._replace(node=call), depth + 1)
        if call.receiver is None and call.method in ("enumerate", "zip") and held.at is None and not held.is_mapping:
            at = 1 if call.method == "enumerate" else call.args.index(place)
            return self.many(Held(call, at=at), depth + 1)
        return fate._replace(confidence=Confidence.MEDIUM) if are_wanted_as_data(self.project, call, place) else None

    def _taken(self, held: Held, around: Node, depth: int) -> Fate | None:
        """By `[item]` or a method."""
        if isinstance(around, Subscript):
            if any(one.raw.type == "slice" for one in around.items):
                return self.many(held._replace(node=around), depth + 1)
            return self._fault_of_one(around) if held.at is None else None
        call = around.parent
        if not isinstance(around, Attribute) or not isinstance(call, Call) or call.func is not around:
            return None
        if around.attr in TAKING and held.at is None:
            return self._fault_of_one(call)
        if around.attr == "copy":
            return self.many(held._replace(node=call), depth + 1)
        if held.is_mapping and around.attr in ("values", "items"):
            return self.many(Held(call, at=1 if around.attr == "items" else None), depth + 1)
        return None

    def _fault_of_one(self, node: Node) -> Fate | None:
        fate = self.fate_of_one(node)
        return fate if fate.is_fault else None

    def _iterated(self, held: Held, loop: For | ComprehensionFor) -> Fate | None:
        target = loop.target
        if held.is_mapping:
            return Fate(use=Use.ITERATED, node=loop)  # by its keys
        if held.at is not None:
            parts = target.elts if isinstance(target, Sequence) else ()
            target = parts[held.at] if held.at < len(parts) else loop
        if not isinstance(target, Name):
            return None
        fates = [self.fate_of_one(read) for read in reads_of(self.project, target, loop)]
        if not all(one.is_fault for one in fates):
            return None
        return next(iter(fates), Fate(use=Use.ASSIGNED, node=loop))

    def _returned(self, place: Node, statement: Node) -> Fate | None:
        """From a route, or an `async def` that says what it gives, and that these are no coroutines."""
        function = statement.function
        told = function is not None and (function.returns is not None or route_decorator(self.project, statement))
        fate = self.fate_of_one(place) if told else None
        return fate._replace(confidence=Confidence.MEDIUM) if fate is not None and fate.is_fault else None


def fate_of_many(follower: Follower, collection: Node, at: int | None = None) -> Fate:
    """What becomes of the coroutines in a list, set, dict or comprehension (or `at` a place of the tuples in it): a
    fault where every use is seen to await none."""
    is_mapping = collection.raw.type in ("dictionary", "dictionary_comprehension")
    fate = None if is_mapping and at is not None else follower.many(Held(collection, is_mapping, at))
    return harmless(collection) if fate is None else fate


def fate_of_item(follower: Follower, target: Subscript) -> Fate:
    """What becomes of the coroutine in `held[key] = coroutine`, where `held` was made in the same file, or is declared
    to hold something else."""
    held = target.value
    if isinstance(held, Name) and says_what_it_holds(follower.project, _declared(follower.project, held)):
        return Fate(use=Use.ASSIGNED, node=target, confidence=Confidence.MEDIUM)
    fate = None
    if isinstance(held, Name) and not takes_coroutines(held.text):
        made = _made(follower.project, held)
        if made is not None:
            assign, bound = made
            fate = follower.named(bound, assign, Held(bound, is_mapping=_is_mapping(assign)))
    elif isinstance(held, Attribute) and held.value.text in ("self", "cls") and not takes_coroutines(held.attr):
        fate = follower.read(_reads_of_attribute(held), Held(held, is_mapping=True))
    return harmless(target) if fate is None else fate._replace(confidence=Confidence.MEDIUM)


def _declared(project: Project, name: Name) -> Node | None:
    """The type of a name as written: a parameter's, or a variable's."""
    found = project.scopes(name.file).lookup(name.text, name)
    nodes = [] if found is None else [one.node for one in found[1] if isinstance(one.node, Assign | Param)]
    return next((one.annotation for one in nodes if one.annotation is not None), None)


def _made(project: Project, name: Name) -> tuple[Assign, Name] | None:
    """Where a dict or list is made in the same function, one around it or the module, and under which name; None where
    it may be anything else."""
    found = project.scopes(name.file).lookup(name.text, name)
    if found is None or isinstance(found[0].node, ClassDef) or len(found[1]) != 1 or found[1][0].path:
        return None
    assign = found[1][0].node
    if not isinstance(assign, Assign) or not isinstance(assign.target, Name):
        return None
    value = assign.value
    empty = isinstance(value, Call) and value.method in MAPPINGS
    return (assign, assign.target) if empty or isinstance(value, Sequence | Dict | Comprehension) else None


def _is_mapping(assign: Assign) -> bool:
    """Whether what is made there is no list or set."""
    value = assign.value
    return isinstance(value, Dict | Call) or (value is not None and value.raw.type == "dictionary_comprehension")


def _reads_of_attribute(attribute: Attribute) -> Iterator[Node]:
    """Where else the file names it, whoever owns it."""
    file = attribute.file
    for match in re.finditer(rb"\." + re.escape(attribute.attr).encode() + rb"\b", file.data):
        name = file.node_at(match.start() + 1)
        read = None if name is None else name.parent
        if isinstance(read, Attribute) and read.attr == attribute.attr and not _is_made(read):
            yield read


def _is_made(attribute: Attribute) -> bool:
    """Whether it is bound there, as in `self.kept = {}`."""
    return isinstance(attribute.parent, Assign) and attribute in attribute.parent.targets


def _is_asked_for_key(read: Node) -> bool:
    """Whether it is `key in held`."""
    around = read.parent
    return (
        isinstance(around, Compare)
        and around.raw.children[-1].start_byte == read.start
        and b" in " in (around.file.data[around.start : around.end])
    )


def _puts_in(read: Node) -> bool:
    """Whether a read only puts something in, or takes something away that nobody sees."""
    around = read.parent
    if isinstance(around, Subscript) and around.value is read:
        outer = around.parent
        return isinstance(outer, Delete) or (isinstance(outer, Assign) and around in outer.targets)
    call = around.parent if isinstance(around, Attribute) else None
    return isinstance(call, Call) and isinstance(around, Attribute) and call.func is around and around.attr in PUTTING


def taker_of(targets: tuple[Node, ...], at: int, count: int) -> Node | None:
    """The target that takes what stands at a place, where one of them may take all that the others leave."""
    star = next((n for n, one in enumerate(targets) if isinstance(one, Starred)), None)
    if star is None:
        return targets[at] if len(targets) == count else None
    behind = len(targets) - star - 1
    if at < star:
        return targets[at]
    return targets[star] if at < count - behind else targets[at - count + len(targets)]
