"""How the value of an expression is used at its place; follows it no further (`fates` does)."""

from __future__ import annotations

from enum import Enum, auto
from typing import NamedTuple

from forge_doctor.code.syntax.nodes import (
    Assert,
    Assign,
    Attribute,
    Await,
    BinOp,
    BoolOp,
    Call,
    Compare,
    Comprehension,
    ComprehensionFor,
    ComprehensionIf,
    Dict,
    Expr,
    For,
    If,
    IfExp,
    Keyword,
    NamedExpr,
    Node,
    Raise,
    Return,
    Sequence,
    Starred,
    Str,
    Subscript,
    UnaryOp,
    While,
    WithItem,
    Yield,
)
from forge_doctor.finding import Confidence

CASTS = frozenset({"cast", "typing.cast", "t.cast"})


class Use(Enum):
    """How a value is used."""

    AWAITED = auto()
    ENTERED = auto()  # by `async with`
    ENTERED_SYNC = auto()  # by `with`
    HANDED_ON = (
        auto()
    )  # to gather, create_task, a caller of a plain function, an attribute ...: somebody else awaits it
    BARE = auto()  # the statement is the call
    ASSIGNED = auto()  # to a name nobody reads
    CHAINED = auto()  # `.attribute` or `[item]` of it
    CONDITION = auto()
    ITERATED = auto()  # by a plain `for`, `in`, `*`, `**` or unpacking
    ITERATED_ASYNC = auto()  # by `async for`
    COMPARED = auto()  # an operand
    FORMATTED = auto()  # in an f-string
    ARGUMENT = auto()  # of a call that does not await it
    RAISED = auto()
    YIELDED = auto()
    RETURNED = auto()  # by an `async def`: the caller's `await` gives the coroutine


class Fate(NamedTuple):
    """A use, where it stands (for an assigned value: where it is read) and how sure the judgement is."""

    use: Use
    node: Node
    confidence: Confidence = Confidence.HIGH

    @property
    def is_fault(self) -> bool:
        """Whether a coroutine used so never runs, or is taken for its result."""
        return self.use not in (Use.AWAITED, Use.ENTERED, Use.HANDED_ON)


def use_of(node: Node) -> Fate:
    """How the value of an expression is used at its place (through parentheses and conditional expressions)."""
    return at_place(node)[0]


def harmless(node: Node) -> Fate:
    """The fate of what somebody else takes care of."""
    return Fate(use=Use.HANDED_ON, node=node)


def at_place(node: Node) -> tuple[Fate, Node]:
    """The use, and the outermost node that still has the same value."""
    while True:
        around = node.parent
        if around is None:
            return harmless(node), node
        if (isinstance(around, IfExp) and around.test is not node) or (
            isinstance(around, BoolOp) and around.right is node
        ):
            node = around
            continue
        if isinstance(around, Call) and around.func.text in CASTS and around.args[1:] == (node,):
            node = around
            continue
        if isinstance(around, NamedExpr):
            inner, _ = at_place(around)
            return (Fate(use=Use.ASSIGNED, node=around) if inner.use in (Use.BARE, Use.ASSIGNED) else inner), around
        break
    return Fate(use=_use(node, around), node=around), node


def _use(node: Node, around: Node) -> Use:  # noqa: C901 - one line a place
    match around:
        case Await():
            return Use.AWAITED
        case Expr():
            return Use.BARE
        case WithItem():
            statement = around.parent
            return Use.ENTERED if statement is not None and getattr(statement, "is_async", False) else Use.ENTERED_SYNC
        case Attribute():
            return Use.AWAITED if around.attr == "__await__" else Use.CHAINED
        case Subscript():
            return Use.CHAINED if around.value is node else Use.COMPARED
        case For() | ComprehensionFor():
            return Use.ITERATED_ASYNC if around.is_async else Use.ITERATED
        case If() | While() | ComprehensionIf() | BoolOp() | IfExp() | Assert():
            return Use.CONDITION
        case UnaryOp():
            return Use.CONDITION if around.is_not else Use.COMPARED
        case Compare() | BinOp():
            return Use.COMPARED
        case Str():
            return Use.FORMATTED
        case Assign():
            return Use.ASSIGNED
        case Return():
            return Use.RETURNED
        case Yield():
            return Use.YIELDED
        case Raise():
            return Use.RAISED
        case Keyword() if not around.name:
            return Use.ITERATED
        case Keyword() | Call():
            return Use.ARGUMENT if around is not node else Use.HANDED_ON
        case Starred():
            return Use.ITERATED
        case _:
            return _in_container(around)


def _in_container(around: Node) -> Use:
    if isinstance(around, Sequence | Dict | Comprehension) or around.raw.type == "pair":
        return Use.ARGUMENT
    return Use.HANDED_ON
