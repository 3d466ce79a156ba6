"""What the reads of a name say of the coroutine that is bound to it; finds none of the reads."""

from __future__ import annotations

import re

from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import (
    Attribute,
    Await,
    Call,
    IfExp,
    Keyword,
    Name,
    Node,
)
from forge_doctor.finding import Confidence
from forge_doctor.lint.dataflow.coroutines.arguments import (
    KEPT_FOR_LATER,
    is_mapped_by_session,
    takes_coroutines,
)
from forge_doctor.lint.dataflow.uses import Fate, Use, harmless

# Reads in a way no coroutine can be read, even where another read hands it on.
TELLING = (Use.CHAINED, Use.ITERATED, Use.CONDITION, Use.COMPARED)
# What a coroutine object has, and a result that is awaited once may be asked for.
OF_COROUTINES = frozenset({"close", "send", "throw"})
# What runs its first argument, which nobody gives a result to (`start_soon` is given a function, and data for it).
RUNNERS = frozenset(
    {"create_task", "ensure_future", "run_coroutine_threadsafe", "run_until_complete", "shield", "wait_for", "gather"}
)


def fate_by_reads(project: Project, node: Node, name: Name, fates: list[Fate]) -> Fate:
    """What becomes of the coroutine `node` that is bound to a name, by what becomes of each read of it."""
    saved = next((one for one in fates if one.use in (Use.AWAITED, Use.ENTERED)), None)
    if saved is not None:
        return saved
    if any(_is_of_coroutine(one) for one in fates) and any(_is_told_from_none(one) for one in fates):
        return harmless(node)  # a coroutine that somebody may have made, and closes
    faults = _faults(fates)
    if KEPT_FOR_LATER.search(name.text) and any(one.use in (Use.RETURNED, Use.ARGUMENT) for one in fates):
        return harmless(node)
    if faults and all(_ends_coroutine(one) for one in fates):
        return faults[0]._replace(confidence=Confidence.LOW)
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


def _faults(fates: list[Fate]) -> list[Fate]:
    """The reads that no coroutine can have; of what is started somewhere it may be asked first whether it was made."""
    faults = [one for one in fates if one.is_fault]
    if not any(_is_run(one) for one in fates):
        return faults
    return [one for one in faults if one.use is not Use.CONDITION and not _is_told_from_none(one)]


def _is_run(fate: Fate) -> bool:
    """Whether it is given to what runs coroutines: `create_task(work)`."""
    call = fate.node.parent
    if fate.use is not Use.HANDED_ON or not isinstance(call, Call):
        return False
    return fate.node in call.args[:1] and call.method in RUNNERS


def _is_told_from_none(fate: Fate) -> bool:
    """`work is not None`, which is all that a coroutine can be asked."""
    return fate.use is Use.COMPARED and re.fullmatch(r"\w+ is (?:not )?None", fate.node.text) is not None


def _is_of_coroutine(fate: Fate) -> bool:
    """Whether it is `work.close()`, which ends a coroutine that nobody could run."""
    return isinstance(fate.node, Attribute) and fate.node.attr in OF_COROUTINES


def _ends_coroutine(fate: Fate) -> bool:
    """Whether it is `work.close()`, and nobody awaits that: a connection's `close()` is a coroutine of its own."""
    call = fate.node.parent
    return _is_of_coroutine(fate) and isinstance(call, Call) and not isinstance(call.parent, Await)


def is_read_as_result(target: Attribute) -> bool:
    """Whether the file awaits `self.x` nowhere, and hands it on nowhere unless it also reads what no coroutine has."""
    name, data = re.escape(target.attr).encode(), target.file.data
    if re.search(rb"await\s[\s(]*[\w.]*\." + name + rb"\b", data):
        return False
    if not re.search(rb"[(,*\[]\s*\*?[\w.]+\." + name + rb"\s*[),\]]", data):
        return True
    read = rb"\b" + re.escape(target.value.text).encode() + rb"\." + name
    has = rb"\.(?!(?:close|send|throw|cr_)\b)\w|\[|\s*(?:[<>]|[!=]=|[-+*/%]=?\s)"
    return re.search(read + rb"(?:" + has + rb")|[<>]=?\s*" + read + rb"\b", data) is not None
