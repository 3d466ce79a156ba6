"""What becomes of a coroutine: follows it through names, lists, arguments and returns, in its function."""

from __future__ import annotations

import re

from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import (
    Assign,
    Attribute,
    Await,
    Call,
    Comprehension,
    Dict,
    FunctionDef,
    IfExp,
    Keyword,
    Lambda,
    Name,
    NamedExpr,
    Node,
    Sequence,
    Starred,
    Subscript,
)
from forge_doctor.finding import Confidence
from forge_doctor.lint.dataflow.coroutines.arguments import (
    KEPT_FOR_LATER,
    WANTS_DATA,
    is_mapped_by_session,
    judge_argument,
    takes_coroutines,
)
from forge_doctor.lint.dataflow.coroutines.collections import Follower, Held, fate_of_item, fate_of_many, taker_of
from forge_doctor.lint.dataflow.coroutines.declared import OPEN_TYPE, is_meant_for_coroutines
from forge_doctor.lint.dataflow.use_def import few_reads_of
from forge_doctor.lint.dataflow.uses import Fate, Use, at_place, harmless

# Reads in a way no coroutine can be read, even where another read hands it on.
TELLING = (Use.CHAINED, Use.ITERATED, Use.CONDITION, Use.COMPARED)
GATHER = "asyncio.gather"
# What a coroutine object has, and a result that is awaited once may be asked for.
OF_COROUTINES = frozenset({"close", "send", "throw"})


def fate_of(project: Project, node: Node, depth: int = 0) -> Fate:
    """What becomes of a coroutine that `node` makes: see `Fate.is_fault`. Answered once for each node and depth."""
    known: dict[tuple[Node, int], Fate] = node.file.kept.setdefault(fate_of, {})
    found = known.get((node, depth))
    if found is None:
        found = known[(node, depth)] = _fate_of(project, node, depth)
    return found


def _fate_of(project: Project, node: Node, depth: int) -> Fate:
    fate, place = at_place(node)
    if fate.use is Use.ASSIGNED:
        return _fate_of_name(project, place, depth) if depth < 4 else harmless(place)
    if fate.use is Use.ARGUMENT:
        return _fate_of_argument(project, place, fate.node, depth)
    if fate.use is Use.RETURNED:
        return _fate_of_returned(project, place, fate.node)
    if fate.use is Use.YIELDED:
        return _fate_of_yielded(project, place, fate.node)
    return fate


# -- names


def _fate_of_name(project: Project, node: Node, depth: int) -> Fate:
    """`x = session.execute(q)`: what the reads of x do with it."""
    assign = node.parent if not isinstance(node, NamedExpr) else node
    if isinstance(assign, Assign) and assign.is_augmented:
        return Fate(use=Use.COMPARED, node=assign)
    targets = assign.targets if isinstance(assign, Assign) else (node.target,) if isinstance(node, NamedExpr) else ()
    if any(isinstance(target, Sequence) for target in targets):
        return Fate(use=Use.ITERATED, node=targets[0])
    name = next((target for target in targets if isinstance(target, Name)), None)
    if name is None:
        return _fate_of_stored(project, node, targets[0], depth) if targets else harmless(node)
    reads = few_reads_of(project, name, assign if assign is not None else node)
    return harmless(node) if reads is None else _fate_by_reads(project, node, name, reads, depth)


def _fate_by_reads(project: Project, node: Node, name: Name, reads: list[Name], depth: int) -> Fate:
    fates = [fate_of(project, read, depth + 1) for read in reads]
    saved = next((one for one in fates if one.use in (Use.AWAITED, Use.ENTERED)), None)
    if saved is not None:
        return saved
    if any(_is_of_coroutine(one) for one in fates) and any(_is_told_from_none(one) for one in fates):
        return harmless(node)  # a coroutine that somebody may have made, and closes
    faults = [one for one in fates if one.is_fault]
    if KEPT_FOR_LATER.search(name.text) and any(one.use in (Use.RETURNED, Use.ARGUMENT) for one in fates):
        return harmless(node)
    if faults and len(faults) == len(fates):
        return min(faults, key=lambda one: (-one.confidence, one.node.start))
    # `x = load() if wanted else None` may be asked whether it is None before it is handed on.
    telling = (Use.CHAINED, Use.ITERATED) if isinstance(node, IfExp) else TELLING
    strong = [
        one
        for one in faults
        if (one.use in telling and not _is_of_coroutine(one)) or is_mapped_by_session(project, one)
    ]
    if strong:
        return strong[0]
    # A coroutine can be awaited once: what an `async def` returns was run by nobody whom it was given before.
    returned = next((one for one in faults if one.use is Use.RETURNED), None)
    if returned is not None and all(one.is_fault or _is_given_to_no_taker(one) for one in fates):
        return returned._replace(confidence=Confidence.MEDIUM)
    if fates:
        return next(one for one in fates if not one.is_fault)
    if name.text in ("_", "__") or node.function is not None:
        return Fate(use=Use.ASSIGNED, node=node)
    return harmless(node)


def _is_given_to_no_taker(fate: Fate) -> bool:
    """Whether it is an argument of something that is not called as if it ran coroutines."""
    around = fate.node.parent
    call = around.parent if isinstance(around, Keyword) else around
    return isinstance(call, Call) and call.func is not fate.node and not takes_coroutines(call.func.text)


def _is_told_from_none(fate: Fate) -> bool:
    """`work is not None`, which is all that a coroutine can be asked."""
    return fate.use is Use.COMPARED and re.fullmatch(r"\w+ is (?:not )?None", fate.node.text) is not None


def _is_of_coroutine(fate: Fate) -> bool:
    """Whether it is `work.close()`, which ends a coroutine that nobody could run."""
    return isinstance(fate.node, Attribute) and fate.node.attr in OF_COROUTINES


def _fate_of_stored(project: Project, node: Node, target: Node, depth: int) -> Fate:
    """`self.x = session.execute(q)`: a fault where the file reads that attribute as a result, or not at all."""
    if isinstance(target, Subscript):
        return fate_of_item(_follower(project, target, depth), target)
    if isinstance(target, Attribute) and _is_read_as_result(target):
        return Fate(use=Use.ASSIGNED, node=target, confidence=Confidence.MEDIUM)
    return harmless(node)


def _is_read_as_result(target: Attribute) -> bool:
    """Whether the file awaits `self.x` nowhere, and hands it on nowhere unless it also reads what no coroutine has."""
    name, data = re.escape(target.attr).encode(), target.file.data
    if re.search(rb"await\s[\s(]*[\w.]*\." + name + rb"\b", data):
        return False
    if not re.search(rb"[(,*\[]\s*\*?[\w.]+\." + name + rb"\s*[),\]]", data):
        return True
    read = rb"\b" + re.escape(target.value.text).encode() + rb"\." + name
    has = rb"\.(?!(?:close|send|throw|cr_)\b)\w|\[|\s*(?:[<>]|[!=]=|[-+*/%]=?\s)"
    return re.search(read + rb"(?:" + has + rb")|[<>]=?\s*" + read + rb"\b", data) is not None


# -- arguments and containers


def _follower(project: Project, node: Node, depth: int) -> Follower:
    """Of the file, for those at that depth."""
    known: dict[int, Follower] = node.file.kept.setdefault(Follower, {})
    if depth not in known:
        known[depth] = Follower(project, lambda read: fate_of(project, read, depth + 1))
    return known[depth]


def _fate_of_argument(project: Project, node: Node, around: Node, depth: int) -> Fate:
    if isinstance(around, Keyword):
        call = around.parent
    elif isinstance(around, Call):
        call = around
    else:
        return _fate_of_contained(project, node, around, depth)
    if isinstance(call, Call):
        return judge_argument(project, call, node, around, depth)
    return harmless(node)


def _fate_of_contained(project: Project, node: Node, container: Node, depth: int) -> Fate:
    """In a list, tuple, dict or comprehension: what becomes of that, if it is seen to be used as data."""
    container, whole = _containers(container)
    if _is_among_results(node, container):
        return Fate(use=Use.ARGUMENT, node=container, confidence=Confidence.MEDIUM)
    fate, outer = at_place(whole)
    told = _told_at_once(project, node, container, fate, outer, depth)
    if told is not None:
        return told
    if whole is container:
        return _fate_in_list(project, node, container, outer, depth)
    if container.parent is whole and isinstance(container, Sequence) and depth < 4:
        at = next((n for n, one in enumerate(container.elts) if one.contains(node)), None)
        return fate_of_many(_follower(project, whole, depth), whole, at)
    return harmless(node)


def _containers(around: Node) -> tuple[Node, Node]:
    """The list, tuple, dict or comprehension, and the outermost one that it is part of."""
    container = around
    while container.raw.type == "pair":
        container = container.parent or container
    whole = container
    while isinstance(whole.parent, Starred | Sequence | Dict | Comprehension) or (
        whole.parent is not None and whole.parent.raw.type == "pair"
    ):
        whole = whole.parent
    return container, whole


def _told_at_once(project: Project, node: Node, container: Node, fate: Fate, outer: Node, depth: int) -> Fate | None:
    """By the place of the whole alone; None where what is done with its elements must tell."""
    if fate.use is Use.BARE:
        return fate
    if fate.use is Use.RETURNED:
        inner = _fate_of_returned(project, node, fate.node)
        return inner if isinstance(container, Dict) or (inner.is_fault and isinstance(container, Sequence)) else None
    if fate.use is Use.ARGUMENT and isinstance(fate.node, Call | Keyword) and depth < 4:
        call = fate.node.parent if isinstance(fate.node, Keyword) else fate.node
        if isinstance(call, Call) and container is outer and project.qualified(call.func) == GATHER:
            return Fate(use=Use.ARGUMENT, node=node)  # TypeError: it takes them one by one
        if isinstance(call, Call) and isinstance(container, Dict):
            return judge_argument(project, call, outer, fate.node, depth)
        if isinstance(call, Call) and call.method == "reduce" and is_async_function(project, call.args[0]):
            return harmless(node)  # chained by what awaits one after the other
        if isinstance(call, Call) and call.method in WANTS_DATA and not isinstance(container, Comprehension):
            return Fate(use=Use.ARGUMENT, node=node, confidence=Confidence.MEDIUM)
    return None


def is_async_function(project: Project, node: Node) -> bool:
    """Whether it names an `async def` of the project."""
    function = project.value_of(node).definition
    return isinstance(function, FunctionDef) and function.is_async


def _is_among_results(node: Node, container: Node) -> bool:
    """Whether all others in a list or dict, two at least, stand behind `await`."""
    if isinstance(container, Dict):
        elements = tuple(value for _, value in container.items)
    else:
        elements = container.elts if isinstance(container, Sequence) else ()
    others = [one for one in elements if not one.contains(node)]
    return len(others) > 1 and all(isinstance(one, Await) for one in others)


def _fate_in_list(project: Project, node: Node, container: Node, place: Node, depth: int) -> Fate:
    """In a list, set, tuple or comprehension of coroutines, by what becomes of the whole."""
    assign = place.parent
    if isinstance(assign, Assign) and isinstance(assign.target, Sequence) and isinstance(container, Sequence):
        return _pairwise(project, node, container, assign, depth)
    if depth >= 4:
        return harmless(node)
    return fate_of_many(_follower(project, container, depth), container)


def _pairwise(project: Project, node: Node, container: Sequence, assign: Assign, depth: int) -> Fate:
    """`a, b = session.get(A, 1), session.get(B, 2)`, `first, *rest = [...]`."""
    target = assign.target
    elements = container.elts if assign.value is container else ()
    if not isinstance(target, Sequence) or node not in elements or any(isinstance(one, Starred) for one in elements):
        return harmless(node)
    taker = taker_of(target.elts, elements.index(node), len(elements))
    name = taker.value if isinstance(taker, Starred) else taker
    reads = few_reads_of(project, name, assign) if isinstance(name, Name) else None
    if reads is None or not isinstance(name, Name):
        return harmless(node)
    if not reads:
        return Fate(use=Use.ASSIGNED, node=node) if node.function is not None else harmless(node)
    if isinstance(taker, Starred):
        fate = _follower(project, container, depth).named(name, assign, Held(name)) if depth < 4 else None
        return fate or harmless(node)
    fates = [fate_of(project, read, depth + 1) for read in reads]
    return fates[0] if all(one.is_fault for one in fates) else harmless(node)


# -- returned


def _fate_of_returned(project: Project, node: Node, statement: Node) -> Fate:
    """From an `async def` the caller's one `await` gives the coroutine; a plain function may hand it on."""
    function = statement.function
    if function is None or not function.is_async or function.is_generator:
        return harmless(node)
    if statement.enclosing(Lambda) is not None:
        return harmless(node)
    if is_meant_for_coroutines(project, function.returns):
        return harmless(node)
    if re.search(rb"await\s*\(\s*await\s+[\w.]*\b" + re.escape(function.name).encode() + rb"\s*\(", function.file.data):
        return harmless(node)
    return Fate(use=Use.RETURNED, node=statement)


def _fate_of_yielded(project: Project, node: Node, statement: Node) -> Fate:
    """From an async generator that says it gives something else: as a dependency or context manager, too."""
    function = statement.function
    if function is None or not function.is_async or statement.enclosing(Lambda) is not None:
        return harmless(node)
    declared = function.returns.items[:1] if isinstance(function.returns, Subscript) else ()
    if any(not is_meant_for_coroutines(project, one) and not OPEN_TYPE.fullmatch(one.text) for one in declared):
        return Fate(use=Use.YIELDED, node=statement)
    return harmless(node)
