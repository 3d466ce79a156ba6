"""What becomes of coroutines in a list that somebody only counts or walks over; judges no list that goes elsewhere."""

from __future__ import annotations

from collections.abc import Callable

from forge_doctor.lint.kinds import words
from forge_doctor.lint.nodes import Assign, Call, ComprehensionFor, For, Name, Node
from forge_doctor.lint.project import Project
from forge_doctor.lint.reads import reads_of
from forge_doctor.lint.uses import Fate, Use, at_place, harmless

COUNTING = words("len sum min max any all sorted print str repr bool jsonable_encoder")


def fate_of_many(project: Project, collection: Node, fate_of_one: Callable[[Node], Fate]) -> Fate:
    """What becomes of the coroutines in a list, set or comprehension: a fault where every use is seen to await none."""
    fate, place = at_place(collection)
    if fate.use is not Use.ASSIGNED:
        return _used(project, collection, fate_of_one) or harmless(collection)
    assign = place.parent
    if not isinstance(assign, Assign) or not isinstance(assign.target, Name) or assign.is_augmented:
        return harmless(collection)
    fates = [_used(project, read, fate_of_one) for read in reads_of(project, assign.target, assign)]
    known = [one for one in fates if one is not None]
    if known and len(known) == len(fates):
        return known[0]
    return harmless(collection)


def _used(project: Project, collection: Node, fate_of_one: Callable[[Node], Fate]) -> Fate | None:
    """The fault of one use of the whole; None where it may await what is in it."""
    fate, _ = at_place(collection)
    if fate.use in (Use.CONDITION, Use.FORMATTED):
        return fate
    if fate.use is Use.ARGUMENT and isinstance(fate.node, Call):
        return fate if fate.node.method in COUNTING and fate.node.receiver is None else None
    loop = fate.node
    if (
        fate.use is not Use.ITERATED
        or not isinstance(loop, For | ComprehensionFor)
        or not isinstance(loop.target, Name)
    ):
        return None
    fates = [fate_of_one(read) for read in reads_of(project, loop.target, loop)]
    if not all(one.is_fault for one in fates):
        return None
    return next(iter(fates), Fate(use=Use.ASSIGNED, node=loop))
