"""What an expression of a migration can be: a Python value, something of a library, or unknown."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from forge_doctor.code.syntax.nodes import ClassDef, FunctionDef, Lambda, Node
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.dataclass import dataclass, field
from forge_doctor.migrations.evaluation.hole import HOLE
from forge_doctor.migrations.evaluation.sizes import MOST_PARTS, parts_of

# A Python value (`str`, with HOLE where only the run knows, `int`, `None`, `tuple`, `list`, `dict`) or a class of below.
Value = object


@dataclass(frozen=True, slots=True)
class Unknown:
    """What only the run knows; `text` is the expression."""

    text: str = ""


@dataclass(frozen=True, slots=True)
class Imported:
    """Something of a module that was not read: `alembic.op`, `sqlalchemy.Column`."""

    path: str


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """What a call of something imported gives, with what was passed."""

    path: str
    args: tuple[Value, ...]
    keywords: Mapping[str, Value]
    node: Node
    owner: Value = None

    def argument(self, index: int, name: str, default: Value = None) -> Value:
        """The argument by place or by name."""
        return self.args[index] if index < len(self.args) else self.keywords.get(name, default)


@dataclass(frozen=True, slots=True, eq=False)
class Member:
    """An attribute of what a call gave."""

    owner: Value
    name: str
    path: str


@dataclass(slots=True, eq=False)
class Frame:
    """The names of a module or of one call of a function; `perhaps` is what it returns where only the run decides."""

    file: SourceFile
    around: Frame | None = None
    names: dict[str, Value] = field(default_factory=dict)
    perhaps: list[Value] = field(default_factory=list)
    on_yield: Callable[[Value], None] | None = None  # of a context manager: what stands in the `with` block

    def binding(self, name: str) -> Frame | None:
        """The frame that binds a name, this one or one around; None where none does."""
        frame: Frame | None = self
        while frame is not None and name not in frame.names:
            frame = frame.around
        return frame

    @property
    def module(self) -> Frame:
        """The frame of the module."""
        frame = self
        while frame.around is not None:
            frame = frame.around
        return frame


@dataclass(frozen=True, slots=True, eq=False)
class Function:
    """A function of a file that was read, with the names around it, and what is passed first: a method's object."""

    node: FunctionDef | Lambda
    frame: Frame
    bound: tuple[Value, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Class:
    """A class of a file that was read."""

    node: ClassDef
    frame: Frame
    names: Mapping[str, Value] = field(default_factory=dict)


def path_of(value: Value) -> str:
    """`alembic.op.get_bind().dialect.name`; empty for what comes from no library."""
    return value.path if isinstance(value, Imported | Made | Member) else ""


def is_known(value: Value) -> bool:
    """Whether it is a Python value without anything that only the run knows, and of a size that can be looked through."""
    return parts_of(value) <= MOST_PARTS and _is_known(value)


def same(one: Value, other: Value) -> bool:
    """Whether two values are one or equal; lists of lists of lists, whose parts are there many times, are not compared."""
    return one is other or (parts_of(one) <= MOST_PARTS and parts_of(other) <= MOST_PARTS and one == other)


def _is_known(value: Value) -> bool:
    if isinstance(value, str):
        return HOLE not in value
    if isinstance(value, tuple | list):
        return all(map(_is_known, value))
    if isinstance(value, dict):
        return all(map(_is_known, value.values()))
    return value is None or isinstance(value, bool | int | float)
