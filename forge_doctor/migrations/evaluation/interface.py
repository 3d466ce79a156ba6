"""What the parts of the evaluation ask of each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from enum import Enum, auto
from typing import Protocol

from forge_doctor.code.syntax.nodes import Call, Node
from forge_doctor.dataclass import dataclass
from forge_doctor.migrations.evaluation.events import Trace
from forge_doctor.migrations.evaluation.values import Frame, Function, Imported, Made, Value


class Ends(Enum):
    """How a block ended before its last statement."""

    RETURN = auto()
    BREAK = auto()
    CONTINUE = auto()
    RAISE = auto()


@dataclass(slots=True)
class Flow:
    """Leaves a block; `value` is what `return` gives, `at` where."""

    ends: Ends
    at: Node
    value: Value = None


class Runner(Protocol):
    """The interpreter as its parts see it."""

    trace: Trace
    inside: tuple[Made, ...]
    conditions: tuple[str, ...]
    repeated: bool

    def evaluate(self, node: Node, frame: Frame) -> Value:
        """What an expression is."""

    def execute(self, statements: Sequence[Node], frame: Frame) -> Flow | None:
        """Run statements; None where all of them were run."""

    def call(self, node: Call, frame: Frame) -> Value:
        """What a call gives; emits it where it is a library's."""

    def run_function(
        self, function: Function, args: Sequence[Value], keywords: Mapping[str, Value], node: Node
    ) -> Value:
        """What a function that was read gives for these arguments."""

    def under(
        self, condition: str = "", *, repeated: bool = False, made: Made | None = None
    ) -> AbstractContextManager[None]:
        """What stands around all that is evaluated meanwhile."""

    def emit(self, made: Made) -> None:
        """Put a library's call into the trace."""

    def fact(self, path: str) -> tuple[bool, Value]:
        """Whether something of a library is known beforehand, and what it is."""

    def enter(self, node: Node, frame: Frame, body: Callable[[Value], None]) -> bool:
        """Run `body` where a context manager of the project yields; False where it is none."""

    def star_import(self, module: str, frame: Frame) -> Mapping[str, Value]:
        """The names of `from module import *`."""

    def text_of(self, path: str) -> str | None:
        """What is in a file of the project that holds SQL; None for any other, or where there is none."""

    def resolve(self, imported: Imported, frame: Frame) -> Value:
        """What something imported is at home: itself where that was not found."""
