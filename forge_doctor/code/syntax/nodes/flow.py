"""Statements with blocks: conditions, loops, `with`, `try`."""

from __future__ import annotations

from forge_doctor.code.syntax.nodes.base import Node, Statement, flat
from forge_doctor.code.syntax.nodes.once import once


class If(Statement):
    """`if` or `elif`: `body` runs when `test` holds."""

    __slots__ = ()
    types = ("if_statement", "elif_clause")

    @property
    def test(self) -> Node:
        """The condition."""
        return self._need("condition")

    @property
    def body(self) -> tuple[Node, ...]:
        """Statements when it holds."""
        return self._body("consequence")

    @once
    def orelse(self) -> tuple[Node, ...]:
        """The `elif` (as one `If`), or the statements of `else`."""
        return tuple(
            node
            for raw in self.raw.children_by_field_name("alternative")
            for node in ((self.file.node(raw),) if raw.type == "elif_clause" else self.file.node(raw).children)
        )


class Else(Statement):
    """The `else` of if, for, while or try."""

    __slots__ = ()
    types = ("else_clause",)


class While(Statement):
    """`while test`."""

    __slots__ = ()
    types = ("while_statement",)

    @property
    def test(self) -> Node:
        """The condition."""
        return self._need("condition")

    @property
    def body(self) -> tuple[Node, ...]:
        """Statements of the loop."""
        return self._body()


class For(Statement):
    """`for target in iter` or `async for`."""

    __slots__ = ()
    types = ("for_statement",)

    @property
    def target(self) -> Node:
        """What is bound."""
        return self._need("left")

    @property
    def iter(self) -> Node:
        """What is iterated."""
        return self._need("right")

    @property
    def is_async(self) -> bool:
        """Whether it says `async for`."""
        return self._has_token("async")

    @property
    def body(self) -> tuple[Node, ...]:
        """Statements of the loop."""
        return self._body()


class With(Statement):
    """`with items` or `async with items`."""

    __slots__ = ()
    types = ("with_statement",)

    @property
    def is_async(self) -> bool:
        """Whether it says `async with`."""
        return self._has_token("async")

    @property
    def items(self) -> tuple[WithItem, ...]:
        """What is entered, in order."""
        return tuple(one for one in self.children if isinstance(one, WithItem))

    @property
    def body(self) -> tuple[Node, ...]:
        """Statements inside."""
        return self._body()


class WithItem(Node):
    """`value as target`."""

    __slots__ = ()
    types = ("with_item",)

    @property
    def value(self) -> Node:
        """The context manager."""
        return self.children[0]

    @property
    def target(self) -> Node | None:
        """What it is bound to: in `with a if b else c as d` the grammar puts d into the expression."""
        chosen = self.children[0]
        if len(self.children) == 1 and chosen.raw.type == "conditional_expression":
            return chosen.children[3] if len(chosen.children) > 3 else None
        return self.children[1] if len(self.children) > 1 else None


class Try(Statement):
    """`try` with its clauses."""

    __slots__ = ()
    types = ("try_statement",)

    @property
    def body(self) -> tuple[Node, ...]:
        """Statements tried."""
        return self._body()

    @property
    def handlers(self) -> tuple[Except, ...]:
        """The `except` clauses."""
        return tuple(one for one in self.children if isinstance(one, Except))

    @property
    def finalbody(self) -> tuple[Node, ...]:
        """Statements of `finally`."""
        return next((one.children for one in self.children if isinstance(one, Finally)), ())


class Except(Statement):
    """`except type as name`."""

    __slots__ = ()
    types = ("except_clause", "except_group_clause")

    @property
    def type(self) -> Node | None:
        """The exception or tuple of them; None for a bare `except:`."""
        raw = self.raw.child_by_field_name("value")
        if raw is not None and raw.type == "as_pattern":
            raw = raw.named_children[0]
        return None if raw is None else self.file.node(raw)

    @property
    def body(self) -> tuple[Node, ...]:
        """Statements of the handler."""
        block = next((raw for raw in self.raw.named_children if raw.type == "block"), None)
        return () if block is None else tuple(self.file.node(raw) for raw in flat(block))


class Finally(Statement):
    """`finally`."""

    __slots__ = ()
    types = ("finally_clause",)


class Match(Statement):
    """`match subject`."""

    __slots__ = ()
    types = ("match_statement",)
