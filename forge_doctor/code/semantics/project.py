"""The project around the files: answers what rules ask about names, expressions, functions; opens nothing itself."""

from __future__ import annotations

from collections.abc import Mapping
from operator import attrgetter
from pathlib import Path
from typing import Any, Self

from forge_doctor.code.semantics.inference import annotation as types
from forge_doctor.code.semantics.inference import calls, classes, exports, functions, models, narrowing
from forge_doctor.code.semantics.inference import expressions as inference
from forge_doctor.code.semantics.inference.interface import Target
from forge_doctor.code.semantics.inference.models import Model
from forge_doctor.code.semantics.inference.recursion import Answers
from forge_doctor.code.semantics.inference.usage import session_users as touching
from forge_doctor.code.semantics.inference.usage.usage_hints import NO_EVIDENCE, Evidence, evidence_for
from forge_doctor.code.semantics.inference.usage.usage_regions import bound_anew, region_of
from forge_doctor.code.semantics.library.kinds import UNKNOWN, Kind, Value
from forge_doctor.code.semantics.library.methods import COROUTINES
from forge_doctor.code.semantics.names.bindings import Binding, How
from forge_doctor.code.semantics.names.outline import Surfaces
from forge_doctor.code.semantics.names.scopes import Scopes
from forge_doctor.code.semantics.project_files import ProjectFiles
from forge_doctor.code.syntax.nodes import Attribute, Call, ClassDef, FunctionDef, Name, Node
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.finding import Confidence

FILE_OF = attrgetter("file")


class Project(ProjectFiles):
    """What rules ask. Every answer is computed once."""

    def __init__(
        self, root: Path, overlay: Mapping[Path, bytes] | None = None, surfaces: Surfaces | None = None
    ) -> None:
        super().__init__(root, overlay, surfaces)
        self._scopes: dict[SourceFile, Scopes] = {}
        self._values: Answers[Value] = Answers(FILE_OF)
        # By file; by region, text, and whether in `async def`.
        self._evidence: dict[SourceFile, dict[tuple[Node, str, bool, tuple[Node, ...]], Evidence]] = {}
        self._touching: Answers[bool] = Answers(FILE_OF)
        self.kept: dict[Any, Any] = {}
        self.is_broken_off = False  # an answer was: what is known of it so far is nothing

    def renewed(self, most_kept_bytes: int = 0) -> Self:
        """The same project with its trees let go of, but for those that others ask for most; of no node anything is known."""
        fresh = super().renewed(most_kept_bytes)
        fresh._scopes = {file: scopes for file, scopes in self._scopes.items() if fresh.has(file)}
        self.kept.clear()  # answers that lead back here would keep all of it: nothing looks for circles in a run
        return fresh

    def forget_files_done_with(self, *paths: Path) -> None:
        """Let go of the trees of files that no other file asks for, and of what is known of their nodes: of these, or
        of all."""
        for file in self.done_with(paths or tuple(self._files)):
            for answers in (self._values, self._touching, *self.kept.values()):
                if isinstance(answers, Answers):
                    answers.forget(file)
            self._evidence.pop(file, None)
            self._scopes.pop(file, None)
            file.forget()

    # -- what an expression is

    def kind_of(self, node: Node) -> tuple[Kind, Confidence]:
        """What an expression is, and how sure: HIGH is declared or proven by data flow, MEDIUM inferred,
        LOW told by its name alone."""
        value = self.known(node)
        return value.kind, value.confidence

    def known(self, node: Node) -> Value:
        """What an expression is, with its uses as a witness: another awaited call on it, or its name."""
        value = self.value_of(node)
        if value.kind is Kind.UNKNOWN or (value.kind.is_sync_session and value.why != narrowing.TOLD):
            return self.evidence(node).judge(value)
        return value

    def is_async_session(self, node: Node) -> bool:
        """Whether it is (at whatever confidence) an AsyncSession or async_scoped_session."""
        return self.known(node).kind.is_async_session

    def coroutine_of(self, call: Call) -> Value | None:
        """What a call of a coroutine method of a session, connection, engine, result or transaction gives.

        None for any other call. `name` of the value is the method, `confidence` how sure, `why` from what.
        """
        receiver = call.receiver
        if receiver is None:
            return None
        value = self.known(receiver)
        if call.method not in COROUTINES.get(value.kind, ()):
            return None
        if isinstance(value.definition, ClassDef):
            own = self.method(value.definition, call.method)
            if own is not None:
                return None if not own.is_async else calls.method_value(value, call.method)
        confidence = self.evidence(receiver).confidence_in(call.method, value)
        return calls.method_value(value.at_most(confidence), call.method)

    def evidence(self, node: Node) -> Evidence:
        """What the uses of an expression tell."""
        if not isinstance(node, Name | Attribute):
            return NO_EVIDENCE
        scopes = self.scopes(node.file)
        region = region_of(scopes, node)
        without = bound_anew(scopes, node, region)
        key = (region, node.text, node.function is not None and node.function.is_async, without)
        known = self._evidence.setdefault(node.file, {})
        found = known.get(key)
        if found is None:
            found = known[key] = evidence_for(self, scopes, node, region, without)
        return found

    def value_of(self, node: Node) -> Value:
        """What an expression is, by declarations and data flow alone."""
        return self._values.ask(("value", node), lambda: inference.value_of(self, node), UNKNOWN)

    def annotated(self, annotation: Node, at: Node) -> Value:
        """What a value of that type is; names are looked up as seen from `at`."""
        return self._values.ask(("type", annotation), lambda: types.annotated(self, annotation, at), UNKNOWN)

    def bound_value(self, binding: Binding, file: SourceFile) -> Value:
        """What a binding holds."""
        if binding.how is How.CLASS and isinstance(binding.node, ClassDef):
            return classes.class_value(self, binding.node)
        return inference.bound_value(self, binding, file)

    # -- functions and classes

    def called(self, call: Call) -> FunctionDef | None:
        """The function or method of the project that a call runs (`__init__` for a class); None where unknown."""
        func = self.value_of(call.func)
        if func.kind is Kind.FUNCTION and isinstance(func.definition, FunctionDef):
            return func.definition
        if func.kind is Kind.CLASS and isinstance(func.inner.definition, ClassDef):
            return self.method(func.inner.definition, "__init__")
        return None

    def model(self, class_: ClassDef) -> Model | None:
        """The ORM model a class is, with the relationships of its bases too; None for any other class."""
        known: dict[ClassDef, Model | None] = class_.file.kept.setdefault(models.model, {})
        if class_ not in known:
            known[class_] = models.model(self, class_)
        return known[class_]

    def model_of(self, node: Node) -> Model | None:
        """The model an expression names (`User` in `select(User)`) or is an instance of."""
        value = self.value_of(node)
        definition = value.inner.definition if value.kind is Kind.CLASS else value.definition
        return self.model(definition) if isinstance(definition, ClassDef) else None

    def touches_session(self, function: FunctionDef) -> bool:
        """Whether a function takes, holds or opens a session, connection or factory (by declaration, not by name):
        a parameter, an attribute of its class, something it calls a coroutine method on; or awaits one that does."""
        return self._touching.ask(("", function), lambda: touching.touches_session(self, function), nothing=False)

    def qualified(self, node: Node) -> str:
        """The dotted name something imported has at home (`asyncio.gather`, `fastapi.Depends`); empty where unknown."""
        value = self.value_of(node)
        if value.kind in (Kind.EXTERNAL, Kind.MODULE) or value.name:
            return value.name
        definition = value.definition or value.inner.definition
        return definition.qualname if isinstance(definition, FunctionDef) else ""

    def result(self, function: FunctionDef) -> Value:
        """What calling a function gives: a coroutine for `async def`."""
        return self._values.ask(("result", function), lambda: functions.result(self, function), UNKNOWN)

    def provided(self, dependency: Value) -> Value:
        """What a framework hands over for `Depends(dependency)`."""
        return functions.provided(self, dependency)

    def attribute(self, instance: Value, name: str) -> Value:
        """What an attribute of a project's class, or of its instance, is."""
        return classes.attribute(self, instance, name)

    def method(self, class_: ClassDef, name: str) -> FunctionDef | None:
        """A method by name, inherited ones included."""
        return classes.method(self, class_, name)

    def bases(self, class_: ClassDef) -> tuple[Value, ...]:
        """The class itself and its ancestors, nearest first, as classes."""
        return classes.bases(self, class_)

    def entered(self, manager: Value) -> Value:
        """What `with` or `async with` binds."""
        return inference.entered(self, manager)

    # -- files and names

    def scopes(self, file: SourceFile) -> Scopes:
        """Scopes and bindings of a file."""
        found = self._scopes.get(file)
        if found is None:
            found = self._scopes[file] = Scopes(file)
        return found

    def target(self, binding: Binding, file: SourceFile) -> Target:
        """Where an import leads, through re-exports; any other binding leads to itself."""
        if binding.how is not How.IMPORT:
            return exports.target(self, binding, file)
        known: dict[tuple[str, str], Target] = file.kept.setdefault(exports.target, {})
        key = (binding.module, binding.imported)
        if key not in known:
            known[key] = exports.target(self, binding, file)
        return known[key]

    def export(self, file: SourceFile, name: str) -> Target | None:
        """Where a module's name leads, through re-exports and star imports."""
        return exports.export(self, file, name)
