"""The project around the files: opens modules on demand and answers what rules ask; lists no folder, runs no code."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from forge_doctor.code.files.contents import Reading, digest_of_names
from forge_doctor.code.files.modules import Modules, find_root
from forge_doctor.code.semantics.inference import annotation as types
from forge_doctor.code.semantics.inference import calls, classes, exports, functions, models, narrowing
from forge_doctor.code.semantics.inference import expressions as inference
from forge_doctor.code.semantics.inference import session_users as touching
from forge_doctor.code.semantics.inference.interface import Target
from forge_doctor.code.semantics.inference.models import Model
from forge_doctor.code.semantics.inference.usage_hints import NO_EVIDENCE, Evidence, evidence_for, region_of
from forge_doctor.code.semantics.library.kinds import UNKNOWN, Kind, Value
from forge_doctor.code.semantics.library.methods import COROUTINES
from forge_doctor.code.semantics.names.bindings import Binding, How
from forge_doctor.code.semantics.names.outline import LateSurface, Surface, Surfaces
from forge_doctor.code.semantics.names.scopes import Scopes
from forge_doctor.code.syntax.nodes import Attribute, Call, ClassDef, FunctionDef, Name, Node
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.finding import Confidence

MAX_DEPTH = 24
WITHOUT_TREES = ("reading", "_modules", "lasting", "surfaces", "async_names", "data_access_names")


class Project:
    """What rules ask. Every answer is computed once; `reading` tells which files an answer rested on.

    `surfaces` of files nobody has opened may be given by whoever has read them already.
    """

    def __init__(
        self, root: Path, overlay: Mapping[Path, bytes] | None = None, surfaces: Surfaces | None = None
    ) -> None:
        self.root = root
        self.overlay = dict(overlay or {})
        self.reading = Reading(root, self.overlay)
        self._given_surfaces = surfaces
        self._modules = Modules(root, lambda: self.package_names)
        self._files: dict[Path, SourceFile | None] = {}
        self._scopes: dict[SourceFile, Scopes] = {}
        self._values: dict[Node, Value] = {}
        self._annotated: dict[Node, Value] = {}
        self._results: dict[FunctionDef, Value] = {}
        self._evidence: dict[tuple[Node, str, bool], Evidence] = {}  # by region, text, and whether in `async def`
        self._touching: dict[FunctionDef, bool] = {}
        self.kept: dict[Any, Any] = {}
        self.lasting: dict[Any, Any] = {}
        self._depth = 0
        self.is_broken_off = False  # an answer was: what is known of it so far is nothing

    def renewed(self) -> Project:
        """The same project with all its trees let go of; only what is known of folders and whole files is kept."""
        fresh = Project(self.root, self.overlay, self._given_surfaces)
        fresh.__dict__.update({name: self.__dict__[name] for name in WITHOUT_TREES if name in self.__dict__})
        fresh._modules.named = lambda: fresh.package_names
        fresh.reading.opened_bytes = 0
        for file in self._files.values():
            if file is not None:
                file.forget()
        return fresh

    @classmethod
    def around(cls, path: Path) -> Project:
        """The project a file or folder belongs to."""
        return cls(find_root(path.resolve()))

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
        key = (region, node.text, node.function is not None and node.function.is_async)
        found = self._evidence.get(key)
        if found is None:
            found = self._evidence[key] = evidence_for(scopes, node, region)
        return found

    def value_of(self, node: Node) -> Value:
        """What an expression is, by declarations and data flow alone."""
        cached = self._values.get(node)
        if cached is not None:
            return cached
        if self._depth > MAX_DEPTH:
            return UNKNOWN
        self._values[node] = UNKNOWN  # a cycle knows nothing
        self._depth += 1
        try:
            value = inference.value_of(self, node)
        finally:
            self._depth -= 1
        self._values[node] = value
        return value

    def annotated(self, annotation: Node, at: Node) -> Value:
        """What a value of that type is; names are looked up as seen from `at`."""
        cached = self._annotated.get(annotation)
        if cached is not None:
            return cached
        if self._depth > MAX_DEPTH:
            return UNKNOWN
        self._annotated[annotation] = UNKNOWN
        self._depth += 1
        try:
            value = types.annotated(self, annotation, at)
        finally:
            self._depth -= 1
        self._annotated[annotation] = value
        return value

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
        return models.model(self, class_)

    def model_of(self, node: Node) -> Model | None:
        """The model an expression names (`User` in `select(User)`) or is an instance of."""
        value = self.value_of(node)
        definition = value.inner.definition if value.kind is Kind.CLASS else value.definition
        return self.model(definition) if isinstance(definition, ClassDef) else None

    @cached_property
    def async_names(self) -> frozenset[str]:
        """The names of functions whose call may give a coroutine; costs one reading of the files, no parsing."""
        return frozenset(name for one in self.surfaces.values() for name in one.async_names)

    @cached_property
    def data_access_names(self) -> frozenset[str]:
        """The same without those of functions that use no session for sure."""
        return frozenset(name for one in self.surfaces.values() for name in one.data_access_names)

    @cached_property
    def package_names(self) -> frozenset[str]:
        """The names before a dot in imports of the project."""
        return frozenset(name for one in self.surfaces.values() for name in one.packages)

    @cached_property
    def surfaces(self) -> Surfaces:
        """What every file tells without being parsed, in the order of their paths."""
        known = self._given_surfaces or {}
        paths = [*known] or [Path(name) for name in self._modules.files()]
        if self.overlay:
            paths = sorted({*paths, *self.overlay})
        found: dict[Path, Surface | LateSurface] = {}
        for path in paths:
            if path in known and path not in self.overlay:
                found[path] = known[path]
            elif (data := self.reading.bytes_of(path)) is not None:
                found[path] = LateSurface(data)
        return found

    def touches_session(self, function: FunctionDef) -> bool:
        """Whether a function takes, holds or opens a session, connection or factory (by declaration, not by name):
        a parameter, an attribute of its class, something it calls a coroutine method on; or awaits one that does."""
        known = self._touching.get(function)
        if known is None:
            self._touching[function] = False
            known = self._touching[function] = touching.touches_session(self, function)
        return known

    def qualified(self, node: Node) -> str:
        """The dotted name something imported has at home (`asyncio.gather`, `fastapi.Depends`); empty where unknown."""
        value = self.value_of(node)
        if value.kind in (Kind.EXTERNAL, Kind.MODULE) or value.name:
            return value.name
        definition = value.definition or value.inner.definition
        return definition.qualname if isinstance(definition, FunctionDef) else ""

    def result(self, function: FunctionDef) -> Value:
        """What calling a function gives: a coroutine for `async def`."""
        cached = self._results.get(function)
        if cached is not None:
            return cached
        self._results[function] = UNKNOWN
        value = self._results[function] = functions.result(self, function)
        return value

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

    def add(self, file: SourceFile) -> None:
        """Take a file that is already read."""
        self._files[file.absolute] = file

    def open(self, path: Path, importer: SourceFile | None = None) -> SourceFile | None:
        """A file of the project; None where it cannot be read. What is found out for `importer` rests on it."""
        self.reading.note(path, None if importer is None else importer.absolute)
        if path not in self._files:
            data = self.reading.read(path)
            self._files[path] = None if data is None else SourceFile(data, self.reading.name(path), path)
        return self._files[path]

    def open_for_all(self, path: Path) -> SourceFile | None:
        """The same for an answer that is kept for the whole project: every file's findings rest on it."""
        self.reading.for_all.add(path)
        return self.open(path)

    def foundations(self, path: Path) -> tuple[tuple[str, str], ...]:
        """The file, and the other files and folders that findings in it rest on, each with its digest."""
        others = sorted(map(self.reading.named, self.reading.rests_on(path)))
        folders = ((f"{folder}{os.sep}", digest_of_names(names)) for folder, names in self._modules.foreign.items())
        return (self.reading.named(path), *others, *folders)

    def module(self, dotted: str, importer: SourceFile) -> SourceFile | None:
        """A module of the project by the name an import gives it."""
        path = self._modules.find(dotted, importer.absolute)
        return None if path is None else self.open(path, importer)

    def target(self, binding: Binding, file: SourceFile) -> Target:
        """Where an import leads, through re-exports; any other binding leads to itself."""
        return exports.target(self, binding, file)

    def export(self, file: SourceFile, name: str) -> Target | None:
        """Where a module's name leads, through re-exports and star imports."""
        return exports.export(self, file, name)
