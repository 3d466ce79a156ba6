"""Comprehensions and generator expressions."""

from __future__ import annotations

from forge_doctor.code.syntax.nodes.base import Node


class Comprehension(Node):
    """A list, set or dict comprehension, or a generator expression."""

    __slots__ = ()
    types = ("list_comprehension", "set_comprehension", "dictionary_comprehension", "generator_expression")

    @property
    def element(self) -> Node:
        """What each step gives."""
        return self._need("body")

    @property
    def is_dict(self) -> bool:
        """Whether each step gives a key with its value."""
        return bool(self.raw.type == "dictionary_comprehension")

    @property
    def kept(self) -> Node:
        """What is kept of each step: of a dict the value."""
        return self.element._need("value") if self.is_dict else self.element

    @property
    def is_generator(self) -> bool:
        """Whether it is a generator expression: nothing runs until somebody iterates."""
        return bool(self.raw.type == "generator_expression")

    @property
    def loops(self) -> tuple[ComprehensionFor, ...]:
        """Its `for` parts."""
        return tuple(one for one in self.children if isinstance(one, ComprehensionFor))


class ComprehensionFor(Node):
    """`[async] for target in iter` inside a comprehension."""

    __slots__ = ()
    types = ("for_in_clause",)

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


class ComprehensionIf(Node):
    """`if test` inside a comprehension."""

    __slots__ = ()
    types = ("if_clause",)
