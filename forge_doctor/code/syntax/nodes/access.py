"""Names, attributes, calls and what is passed in them."""

from __future__ import annotations

from sys import intern
from typing import TYPE_CHECKING

from forge_doctor.code.syntax.nodes.base import Node, flat
from forge_doctor.code.syntax.nodes.once import once

if TYPE_CHECKING:
    import tree_sitter as ts

    from forge_doctor.code.syntax.source import SourceFile


class Name(Node):
    """`session`."""

    __slots__ = ("id",)
    types = ("identifier", "dotted_name")

    def __init__(self, raw: ts.Node, file: SourceFile) -> None:
        super().__init__(raw, file)
        self.id = intern(file.text_of(raw))

    @property
    def text(self) -> str:
        """The name."""
        return self.id


class Attribute(Node):
    """`value.attr`."""

    __slots__ = ()
    types = ("attribute",)

    @property
    def value(self) -> Node:
        """What stands before the dot."""
        return self._need("object")

    @once
    def attr(self) -> str:
        """The name behind the dot."""
        raw = self.raw.child_by_field_name("attribute")
        return "" if raw is None else self.file.text_of(raw)

    @property
    def attr_node(self) -> Node:
        """The name behind the dot, as a place for findings and edits."""
        return self._need("attribute")


class Call(Node):
    """`func(*args, **keywords)`."""

    __slots__ = ()
    types = ("call",)

    @property
    def func(self) -> Node:
        """What is called."""
        return self._need("function")

    @once
    def receiver(self) -> Node | None:
        """`session` in `session.execute(q)`; None where a plain name is called."""
        func = self.func
        return func.value if isinstance(func, Attribute) else None

    def is_on(self, written: str) -> bool:
        """Whether it is a method of what is written so: `session` in `session.execute(q)`."""
        return self.receiver is not None and self.receiver.text == written

    @once
    def method(self) -> str:
        """`execute` in `session.execute(q)`, `gather` in `gather(a)`; empty for anything else."""
        func = self.func
        return func.attr if isinstance(func, Attribute) else func.id if isinstance(func, Name) else ""

    @once
    def args(self) -> tuple[Node, ...]:
        """Positional arguments; `*x` is a `Starred`; a bare generator is the only one."""
        raw = self.raw.child_by_field_name("arguments")
        if raw is not None and raw.type == "generator_expression":
            return (self.file.node(raw),)
        return tuple(one for one in self._body("arguments") if not isinstance(one, Keyword))

    @once
    def keywords(self) -> tuple[Keyword, ...]:
        """`name=value` and `**mapping` arguments."""
        return tuple(one for one in self._body("arguments") if isinstance(one, Keyword))

    def keyword(self, name: str) -> Node | None:
        """The value of `name=value`."""
        return next((one.value for one in self.keywords if one.name == name), None)

    def argument(self, index: int, name: str) -> Node | None:
        """The argument given by place or by name."""
        args = self.args
        if 0 <= index < len(args) and not any(isinstance(one, Starred) for one in args[: index + 1]):
            return args[index]
        return self.keyword(name)


class Keyword(Node):
    """`name=value` in a call; `name` is empty for `**value`."""

    __slots__ = ()
    types = ("keyword_argument", "dictionary_splat")

    @once
    def name(self) -> str:
        """The keyword."""
        raw = self.raw.child_by_field_name("name")
        return "" if raw is None else self.file.text_of(raw)

    @property
    def value(self) -> Node:
        """What is passed."""
        return self._field("value") or (self.children or (self,))[-1]


class Await(Node):
    """`await value`."""

    __slots__ = ()
    types = ("await",)

    @property
    def value(self) -> Node:
        """What is awaited."""
        return (self.children or (self,))[0]


class Starred(Node):
    """`*value`."""

    __slots__ = ()
    types = ("list_splat", "list_splat_pattern", "dictionary_splat_pattern")

    @property
    def value(self) -> Node:
        """What is spread."""
        return (self.children or (self,))[0]


class Subscript(Node):
    """`value[item, ...]`, in annotations too."""

    __slots__ = ()
    types = ("subscript", "generic_type")

    @property
    def value(self) -> Node:
        """What stands before the bracket."""
        return self._field("value") or self.children[0]

    @property
    def items(self) -> tuple[Node, ...]:
        """What stands between the brackets."""
        if self.raw.type == "generic_type":
            inner = next((child for child in self.raw.named_children if child.type == "type_parameter"), None)
            return () if inner is None else tuple(self.file.node(one) for one in flat(inner))
        return tuple(self.file.node(one) for one in self.raw.children_by_field_name("subscript"))
