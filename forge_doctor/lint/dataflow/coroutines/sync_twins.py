"""Whether a call without `await` is meant for what has the method and is not async; asks no type."""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.code.syntax.dominance import leaves
from forge_doctor.code.syntax.nodes import Await, Call, Except, FunctionDef, If, Node, Try
from forge_doctor.regex import regex

WORDS = regex(r"[\w.]+")
ASKED = regex(r"(not\s+)?(?:asyncio\.|inspect\.)?iscoroutinefunction\(\s*([\w.]{1,200})\s*\)")


def is_for_sync_twin(call: Call) -> bool:
    """Whether code around the call has found out that this one gives nothing to await."""
    return _is_awaited_first(call) or _is_awaited_beside(call) or any(told is False for told in _answers(call))


def _is_awaited_first(call: Call) -> bool:
    """Whether the same call was awaited and gave nothing to await: `except TypeError` behind it is for a twin that is not
    async."""
    handler = call.enclosing(Except)
    around = None if handler is None else handler.parent
    if handler is None or handler.type is None or not isinstance(around, Try) or "TypeError" not in handler.type.text:
        return False
    awaited = (
        one.value.text
        for statement in around.body
        for one in (statement, *statement.find(Await))
        if isinstance(one, Await)
    )
    return call.text in awaited


def _is_awaited_beside(call: Call) -> bool:
    """Whether the other branch of an `if` that asks for the kind of its object awaits the same call:
    `if is_async(db): await db.execute(q)`, `else: db.execute(q)`."""
    around, receiver = call.enclosing(If), call.receiver
    if around is None or receiver is None or not around.orelse:
        return False
    asked = around.test.text
    if receiver.text not in WORDS.findall(asked) and "async" not in asked.lower():
        return False
    own = any(one.contains(call) for one in around.body)
    other = around.orelse if own else around.body
    awaited = (one.value for branch in other for one in (branch, *branch.find(Await)) if isinstance(one, Await))
    return any(isinstance(one, Call) and one.func.text == call.func.text for one in awaited)


def _answers(call: Call) -> Iterator[bool]:
    """What each `iscoroutinefunction(store.close)` says of the function called where the call stands: in a branch of its
    `if`, or behind one whose branch leaves."""
    if not call.file.mentions(b"iscoroutinefunction"):
        return
    inner: Node = call
    for around in call.ancestors:
        if isinstance(around, If):
            told = _asked(around, call)
            if told is not None:
                yield told if inner in around.body else not told
        for name in ("body", "orelse", "finalbody"):
            block = getattr(around, name, ())
            before = block[: block.index(inner)] if isinstance(block, tuple) and inner in block else ()
            for one in before:
                told = _asked(one, call) if isinstance(one, If) and leaves(one.body) else None
                if told is not None:
                    yield not told
        if isinstance(around, FunctionDef):
            return
        inner = around


def _asked(statement: If, call: Call) -> bool | None:
    """What the test of an `if` says of the function called; None where it asks something else."""
    match = ASKED.fullmatch(statement.test.text)
    return None if match is None or match[2] != call.func.text else not match[1]
