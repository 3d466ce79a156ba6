"""What becomes of a coroutine: follows it through names, lists, arguments and returns, in its function."""

from __future__ import annotations

from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import (
    Assign,
    Attribute,
    Call,
    Keyword,
    Name,
    NamedExpr,
    Node,
    Sequence,
    Starred,
    Subscript,
)
from forge_doctor.finding import Confidence
from forge_doctor.lint.dataflow.coroutines.arguments import judge_argument
from forge_doctor.lint.dataflow.coroutines.collections import Follower, Held, fate_of_item, fate_of_many, taker_of
from forge_doctor.lint.dataflow.coroutines.coroutine_reads import fate_by_reads, is_read_as_result
from forge_doctor.lint.dataflow.coroutines.declared import is_declared_as_data
from forge_doctor.lint.dataflow.coroutines.displays import containers_of, is_among_results, told_at_once
from forge_doctor.lint.dataflow.coroutines.returned_coroutines import fate_of_returned, fate_of_yielded
from forge_doctor.lint.dataflow.use_def import few_reads_of
from forge_doctor.lint.dataflow.uses import Fate, Use, at_place, harmless


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
        return fate_of_returned(project, place, fate.node)
    if fate.use is Use.YIELDED:
        return fate_of_yielded(project, place, fate.node)
    return fate


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
    if reads is None:
        return harmless(node)
    fates = [fate_of(project, read, depth + 1) for read in reads]
    fate = fate_by_reads(project, node, name, fates)
    annotation = assign.annotation if isinstance(assign, Assign) else None
    is_data = fate.use is Use.HANDED_ON and is_declared_as_data(project, annotation)
    if is_data and all(one.is_fault or _is_stored(read) for read, one in zip(reads, fates, strict=True)):
        return Fate(use=Use.ARGUMENT, node=node, confidence=Confidence.MEDIUM)
    return fate


def _is_stored(read: Node) -> bool:
    """Whether a read of a name only puts what it holds into an item or attribute: `kept["user"] = user`."""
    around = read.parent
    target = around.target if isinstance(around, Assign) and around.value is read else None
    return isinstance(target, Subscript | Attribute)


def _fate_of_stored(project: Project, node: Node, target: Node, depth: int) -> Fate:
    """`self.x = session.execute(q)`: a fault where the file reads that attribute as a result, or not at all."""
    if isinstance(target, Subscript):
        return fate_of_item(_follower(project, target, depth), target)
    if isinstance(target, Attribute) and is_read_as_result(target):
        return Fate(use=Use.ASSIGNED, node=target, confidence=Confidence.MEDIUM)
    return harmless(node)


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
    container, whole = containers_of(container)
    if is_among_results(node, container):
        return Fate(use=Use.ARGUMENT, node=container, confidence=Confidence.MEDIUM)
    fate, outer = at_place(whole)
    told = told_at_once(project, node, container, fate, outer, depth)
    if told is not None:
        return told
    if whole is container:
        return _fate_in_list(project, node, container, outer, depth)
    if container.parent is whole and isinstance(container, Sequence) and depth < 4:
        at = next((n for n, one in enumerate(container.elts) if one.contains(node)), None)
        return fate_of_many(_follower(project, whole, depth), whole, at)
    return harmless(node)


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
