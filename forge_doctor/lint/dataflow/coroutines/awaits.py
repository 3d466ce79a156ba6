"""What the rules about `await` share: what each wrong use leads to, and where `await` may be inserted."""

from __future__ import annotations

from forge_doctor.code.syntax.nodes import Call, Dict, FunctionDef, Node, Return, Sequence
from forge_doctor.finding import Edit
from forge_doctor.lint.dataflow.uses import Fate, Use

CONSEQUENCE = {
    Use.BARE: "the coroutine is thrown away and the call never runs",
    Use.ASSIGNED: "the coroutine is kept and never awaited, so the call never runs",
    Use.CHAINED: "a coroutine has no such attribute: AttributeError or TypeError at run time",
    Use.CONDITION: "a coroutine is always true, so the condition decides nothing",
    Use.ITERATED: "a coroutine cannot be iterated: TypeError at run time",
    Use.ITERATED_ASYNC: "a coroutine is no async iterator: TypeError at run time",
    Use.COMPARED: "a coroutine is compared or computed with, not its result",
    Use.FORMATTED: "the text will say `<coroutine object ...>`",
    Use.ARGUMENT: "a coroutine is passed where its result is wanted",
    Use.RAISED: "a coroutine is no exception: TypeError at run time",
    Use.RETURNED: "the caller's `await` gives another coroutine, which nobody awaits",
    Use.YIELDED: "who asks for the next one is given a coroutine, which nobody awaits",
    Use.ENTERED_SYNC: "a coroutine is no context manager: TypeError at run time",
}

RETURNED_INSIDE = "the caller gets a value with a coroutine in it, which nobody awaits"


def consequence(fate: Fate) -> str:
    """What a wrong use leads to."""
    given = fate.node.value if fate.use is Use.RETURNED and isinstance(fate.node, Return) else None
    return RETURNED_INSIDE if isinstance(given, Dict | Sequence) else CONSEQUENCE[fate.use]


def awaited_call(name: str, call: Call) -> str:
    """What to write instead, the arguments left out."""
    return f"await {name}({'...' if call.args or call.keywords else ''})"


def await_edits(call: Call, *, safe: bool = True) -> tuple[Edit, ...]:
    """Insert `await` before a call; nothing where it stands in a lambda, a class body or outside `async def`."""
    scope = call.owner
    if not isinstance(scope, FunctionDef) or not scope.is_async:
        return ()
    return awaiting_edits(call, safe=safe)


def awaiting_edits(node: Node, *, safe: bool = True) -> tuple[Edit, ...]:
    """Put `await` before an expression, in parentheses where it is followed by `.`, `(`, `[` or `**`."""
    file = node.file
    if needs_parentheses(node):
        return (file.insertion(node.start, "(await ", safe=safe), file.insertion(node.end, ")", safe=safe))
    return (file.insertion(node.start, "await ", safe=safe),)


def needs_parentheses(node: Node) -> bool:
    """Whether `await node` must stand in parentheses where `node` stands now."""
    around = node.raw.parent
    if around is None:
        return False
    if around.type in ("attribute", "subscript", "call") and around.start_byte == node.start:
        return True
    return around.type == "binary_operator" and any(child.type == "**" for child in around.children)
