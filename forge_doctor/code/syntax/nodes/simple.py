"""Statements of one line, and comments."""

from __future__ import annotations

from forge_doctor.code.syntax.nodes.base import Node, Statement


class Assign(Statement):
    """`target = value`, `target: annotation = value`, `target += value`; a chain is one inside the other."""

    __slots__ = ()
    types = ("assignment", "augmented_assignment")

    @property
    def target(self) -> Node:
        """What is bound (the first of a chain)."""
        return self._need("left")

    @property
    def targets(self) -> tuple[Node, ...]:
        """All targets of `a = b = value`."""
        inner = self._field("right")
        return (self.target, *inner.targets) if isinstance(inner, Assign) else (self.target,)

    @property
    def value(self) -> Node | None:
        """The value at the end of a chain; None for a bare annotation."""
        inner = self._field("right")
        return inner.value if isinstance(inner, Assign) else inner

    @property
    def annotation(self) -> Node | None:
        """Its type, as written."""
        return self._field("type")

    @property
    def is_augmented(self) -> bool:
        """Whether it is `+=` or a sibling."""
        return bool(self.raw.type == "augmented_assignment")


class TypeAlias(Statement):
    """`type X = ...`."""

    __slots__ = ()
    types = ("type_alias_statement",)

    @property
    def value(self) -> Node:
        """What the name stands for."""
        return self._need("right")


class Expr(Statement):
    """An expression that stands alone; its value is thrown away."""

    __slots__ = ()
    types = ("expression_statement",)

    @property
    def value(self) -> Node:
        """The expression."""
        return self.children[0]


class Return(Statement):
    """`return value`."""

    __slots__ = ()
    types = ("return_statement",)

    @property
    def value(self) -> Node | None:
        """What is returned."""
        return next(iter(self.children), None)


class Raise(Statement):
    """`raise exception`."""

    __slots__ = ()
    types = ("raise_statement",)


class Assert(Statement):
    """`assert test`."""

    __slots__ = ()
    types = ("assert_statement",)


class Delete(Statement):
    """`del target`."""

    __slots__ = ()
    types = ("delete_statement",)


class Other(Statement):
    """`pass`, `break`, `continue`, `global`, `nonlocal`."""

    __slots__ = ()
    types = ("pass_statement", "break_statement", "continue_statement", "global_statement", "nonlocal_statement")


class Import(Statement):
    """`import a.b as c`."""

    __slots__ = ()
    types = ("import_statement",)


class ImportFrom(Statement):
    """`from .a import b as c`, `from a import *`."""

    __slots__ = ()
    types = ("import_from_statement", "future_import_statement")


class Comment(Node):
    """`# text`."""

    __slots__ = ()
    types = ("comment",)
