"""The questions the parts of the inference ask each other; holds no answer itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple, Protocol

from forge_doctor.code.semantics.library.kinds import Value
from forge_doctor.code.semantics.names.bindings import Binding
from forge_doctor.code.semantics.names.outline import Surfaces
from forge_doctor.code.semantics.names.scopes import Scopes
from forge_doctor.code.syntax.nodes import ClassDef, FunctionDef, Node
from forge_doctor.code.syntax.source import SourceFile


class Target(NamedTuple):
    """Where a name leads: a binding in a file of the project, a module of it, or (`dotted` alone)
    something of another library."""

    dotted: str
    file: SourceFile | None = None
    binding: Binding | None = None


class Knowledge(Protocol):
    """What is known of a project's expressions."""

    def __hash__(self) -> int:
        """Answers are kept for each project."""

    @property
    def root(self) -> Path:
        """The project's folder."""

    @property
    def kept(self) -> dict[Any, Any]:
        """Answers that go with the trees."""

    @property
    def lasting(self) -> dict[Any, Any]:
        """Answers without nodes."""

    def scopes(self, file: SourceFile) -> Scopes:
        """Scopes and bindings of a file."""

    @property
    def surfaces(self) -> Surfaces:
        """What every file tells without being parsed, in the order of their paths."""

    @property
    def data_access_names(self) -> frozenset[str]:
        """The names of functions whose call may give a coroutine that uses a session."""

    @property
    def has_async_sessions(self) -> bool:
        """Whether any file says a word of asyncio's sessions, their factories or engines."""

    def open(self, path: Path, importer: SourceFile | None = None) -> SourceFile | None:
        """A file of the project; None where it cannot be read. What is found out for `importer` rests on it."""

    def module(self, dotted: str, importer: SourceFile) -> SourceFile | None:
        """A module of the project by the name an import gives it."""

    def target(self, binding: Binding, file: SourceFile) -> Target:
        """Where an import leads, through re-exports; any other binding leads to itself."""

    def export(self, file: SourceFile, name: str) -> Target | None:
        """Where a module's name leads, through re-exports and star imports."""

    def value_of(self, node: Node) -> Value:
        """What an expression is, by declarations and data flow."""

    def known(self, node: Node) -> Value:
        """The same, with its uses as a witness."""

    def bound_value(self, binding: Binding, file: SourceFile) -> Value:
        """What a binding holds."""

    def annotated(self, annotation: Node, at: Node) -> Value:
        """What a value of that type is; names are looked up as seen from `at`."""

    def result(self, function: FunctionDef) -> Value:
        """What calling a function gives: a coroutine for `async def`."""

    def provided(self, dependency: Value) -> Value:
        """What a framework hands over for `Depends(dependency)`."""

    def attribute(self, instance: Value, name: str) -> Value:
        """What an attribute of a project's class, or of its instance, is."""

    def method(self, class_: ClassDef, name: str) -> FunctionDef | None:
        """A method by name, inherited ones included."""

    def bases(self, class_: ClassDef) -> tuple[Value, ...]:
        """The class itself and its ancestors, nearest first, as classes."""

    def entered(self, manager: Value) -> Value:
        """What `with` or `async with` binds."""
