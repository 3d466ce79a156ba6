"""What attributes of the project's classes hold: declared, set in a method, inherited across modules."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from forge_doctor.code.semantics.inference.annotation import names_of_self
from forge_doctor.code.semantics.inference.functions import is_property
from forge_doctor.code.semantics.inference.generics import declared_variable, in_place_of
from forge_doctor.code.semantics.inference.interface import Knowledge
from forge_doctor.code.semantics.library.kinds import UNKNOWN, Kind, Value, one_of
from forge_doctor.code.semantics.library.symbols import REPOSITORY_SESSION, is_async_repository, is_async_service
from forge_doctor.code.semantics.names.bindings import How
from forge_doctor.code.syntax.nodes import Assign, Attribute, Call, ClassDef, FunctionDef, Subscript
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.dataclass import replace
from forge_doctor.finding import Confidence
from forge_doctor.regex import regex

MAX_BASES = 30
WORDS = regex(r"\w+")
RETURNS_SELF = regex(r"\breturn self\b(?![.\w(\[])")
# What is annotated as the sync class, and set to its async twin.
TWINS = {
    Kind.SESSION: Kind.ASYNC_SESSION,
    Kind.FACTORY: Kind.ASYNC_FACTORY,
    Kind.ENGINE: Kind.ASYNC_ENGINE,
    Kind.CONNECTION: Kind.ASYNC_CONNECTION,
    Kind.SCOPED: Kind.ASYNC_SCOPED,
}
REPLACED = "replaced on the object"  # why nobody knows what a method of that object does
SUPER = "super"  # the name of an instance of a class as its own methods see it through `super()`


def bases(knows: Knowledge, class_: ClassDef) -> tuple[Value, ...]:
    """The class itself and its ancestors, nearest first; a class of a library is the last we know of its line."""
    found: dict[object, Value] = {}
    queue: list[Value] = [Value(Kind.CLASS, of=Value(Kind.INSTANCE, definition=class_))]
    while queue and len(found) < MAX_BASES:
        value = queue.pop(0)
        definition = value.inner.definition
        key = definition if definition is not None else (value.name or value.inner.kind)
        if key in found:
            continue
        found[key] = value
        if isinstance(definition, ClassDef):
            queue += [knows.value_of(base.value if isinstance(base, Subscript) else base) for base in definition.bases]
    return tuple(found.values())


def class_value(knows: Knowledge, class_: ClassDef) -> Value:
    """The class as a value: of a subclass of AsyncSession the instances are AsyncSessions."""
    for base in bases(knows, class_)[1:]:
        if base.kind is Kind.CLASS and (base.inner.kind.is_async or base.inner.kind.is_sync):
            return Value(Kind.CLASS, of=Value(base.inner.kind, definition=class_, confidence=base.inner.confidence))
    return Value(Kind.CLASS, of=Value(Kind.INSTANCE, definition=class_))


def attribute(knows: Knowledge, instance: Value, name: str) -> Value:
    """What `instance.name` is (or `Class.name`); of `super()` what the class inherits, not what it has itself."""
    definition = instance.inner.definition if instance.kind is Kind.CLASS else instance.definition
    if not isinstance(definition, ClassDef):
        return UNKNOWN
    line = bases(knows, definition)
    is_set = False
    for base in line[1:] if instance.name == SUPER else line:
        inner = base.inner.definition
        if isinstance(inner, ClassDef):
            found = _own(knows, inner, name) if inner is definition else _inherited(knows, definition, inner, name)
            if found is not None and found.is_known:
                return found.because(f"{inner.name}.{name}")
            is_set = is_set or found is not None
    if is_set:
        return UNKNOWN
    kept = _kept_by_alchemy(knows, instance, line, name)
    return kept if kept.is_known else _given_to_library(knows, definition, name)


def _kept_by_alchemy(knows: Knowledge, instance: Value, line: tuple[Value, ...], name: str) -> Value:
    """`repository.session` and `service.repository` of subclasses of advanced-alchemy's asynchronous ones."""
    if name not in ("session", "repository"):
        return UNKNOWN
    is_wanted = is_async_repository if name == "session" else is_async_service
    if not any(is_wanted(base.name) for base in line if base.kind is Kind.EXTERNAL):
        return UNKNOWN
    if name == "session":
        return REPOSITORY_SESSION
    return knows.attribute(instance, "repository_type").inner


def _given_to_library(knows: Knowledge, class_: ClassDef, name: str) -> Value:
    """`self.session` of a class that hands `session` on to the `__init__` of a library's class, which keeps it."""
    line = bases(knows, class_)
    if not any(base.kind is Kind.EXTERNAL and not base.name.startswith("builtins.") for base in line):
        return UNKNOWN
    init = method(knows, class_, "__init__")
    given = () if init is None or name not in init.param_names else init.find(Call)
    for call in given:
        handed = (*call.args, *(one.value for one in call.keywords))
        if call.func.text == "super().__init__" and any(one.text == name for one in handed):
            value = next(knows.value_of(one) for one in handed if one.text == name)
            return (
                value.at_most(Confidence.MEDIUM, f"given to {class_.name}.__init__") if value.kind.is_async else UNKNOWN
            )
    return UNKNOWN


def _inherited(knows: Knowledge, class_: ClassDef, base: ClassDef, name: str) -> Value | None:
    """What a base declares, with what the class puts in the place of its type variables."""
    variable = declared_variable(base, _declarations(knows, base, name))
    value = in_place_of(knows, class_, base, variable) if variable else UNKNOWN
    return value if value.kind is Kind.INSTANCE or value.kind.is_async else _own(knows, base, name)


def _declarations(knows: Knowledge, class_: ClassDef, name: str) -> Iterator[Assign]:
    """Where the class body or a method sets it."""
    scope = knows.scopes(class_.file).opened_by(class_)
    yield from (one.node for one in ([] if scope is None else scope.bindings(name)) if isinstance(one.node, Assign))
    yield from assignments(knows, class_, name)


def _own(knows: Knowledge, class_: ClassDef, name: str) -> Value | None:
    scopes = knows.scopes(class_.file)
    scope = scopes.opened_by(class_)
    values: list[Value] = []
    for binding in [] if scope is None else scope.bindings(name):
        if isinstance(binding.node, FunctionDef) and binding.how is How.FUNCTION:
            if is_property(binding.node):
                return knows.result(binding.node)
            is_set = binding.node.is_async and _may_be_set(class_.file, name) and assignments(knows, class_, name)
            method = Value(Kind.FUNCTION, definition=binding.node)
            return method.at_most(Confidence.LOW, REPLACED) if is_set else method
        values.append(knows.bound_value(binding, class_.file))
    for assign in assignments(knows, class_, name):
        if assign.annotation is not None:
            declared = knows.annotated(assign.annotation, assign)
            if declared.is_known and declared.kind not in TWINS:
                return _as_set(knows, class_, name, declared) if declared.kind is Kind.ASYNC_SESSION else declared
            values.append(declared)
        if assign.value is not None:
            values.append(knows.value_of(assign.value))
    kinds = {value.kind for value in values}
    values = [value for value in values if TWINS.get(value.kind) not in kinds]  # a wrong annotation
    return one_of(values) if values else None


def _as_set(knows: Knowledge, class_: ClassDef, name: str, declared: Value) -> Value:
    """What is declared to be a session, and set to the factory of one: that is what it is when it is used."""
    made = (one.value for one in assignments(knows, class_, name))
    values = (knows.value_of(one) for one in made if isinstance(one, Call))
    return next((one for one in values if one.kind in (Kind.ASYNC_FACTORY, Kind.FACTORY)), declared)


def in_its_place(knows: Knowledge, node: Attribute, found: Value) -> Value:
    """The attribute of an object; of an async method that the object is given something else in the place of, nobody knows:
    `client.fetch = traced(client.fetch)`. Of a plain one nobody trusts in a coroutine: to look for those costs more."""
    own = found.definition if found.kind is Kind.FUNCTION else None
    is_gone = isinstance(own, FunctionDef) and own.is_async and _is_replaced(knows, node)
    return found.at_most(Confidence.LOW, REPLACED) if is_gone else found


def _is_replaced(knows: Knowledge, method: Attribute) -> bool:
    """Whether that is seen from where the method stands."""
    file, name = method.file, method.attr
    if not _may_be_set(file, name):
        return False
    around = {one for one in (method, *method.ancestors) if isinstance(one, FunctionDef)}
    return any(
        isinstance(target, Attribute) and target.value.text == method.value.text
        for assign in knows.scopes(file).attribute_assignments.get(name, ())
        if assign.function is None or assign.function in around
        for target in assign.targets
        if target is not method
    )


def _may_be_set(file: SourceFile, name: str) -> bool:
    """Whether an attribute of that name is assigned to anywhere in a file, told by its bytes."""
    known: dict[str, bool] = file.kept.setdefault(_may_be_set, {})
    if name not in known:
        known[name] = f".{name} =".encode() in file.data or f".{name}=".encode() in file.data
    return known[name]


def assignments(knows: Knowledge, class_: ClassDef, name: str) -> Sequence[Assign]:
    """Where a method of the class itself sets `self.name`, or `Class.name` for all its objects."""
    known: dict[str, dict[ClassDef, list[Assign]]] = class_.file.kept.setdefault(assignments, {})
    found = known.get(name)
    if found is None:
        found = known[name] = {}
        for assign in knows.scopes(class_.file).attribute_assignments.get(name, []):
            own, function = assign.class_, assign.function
            if own is None or function is None:
                continue
            for target in assign.targets:
                if not isinstance(target, Attribute) or target.attr != name:
                    continue
                if target.value.text in (*function.param_names[:1], own.name, "self.__class__"):
                    found.setdefault(own, []).append(assign)
    return found.get(class_, ())


def method(knows: Knowledge, class_: ClassDef, name: str) -> FunctionDef | None:
    """A method by name, inherited ones included."""
    for base in bases(knows, class_):
        definition = base.inner.definition
        if isinstance(definition, ClassDef):
            found = next((one for one in reversed(definition.methods) if one.name == name), None)
            if found is not None:
                return found
    return None


def as_called_on(receiver: Value, method: FunctionDef, result: Value) -> Value:
    """What a method gives where its `Self` is the class it is called on, not the one that defines it."""
    if method.returns is None:
        told = RETURNS_SELF.search(method.text) is not None
    else:
        words = WORDS.findall(method.returns.text)
        told = not set(words).isdisjoint(names_of_self(method))
    if not told:
        return result
    class_ = receiver.inner.definition if receiver.kind is Kind.CLASS else receiver.definition
    return _with_instance_of(class_, method.class_, result) if isinstance(class_, ClassDef) else result


def _with_instance_of(class_: ClassDef, instead_of: ClassDef | None, value: Value) -> Value:
    if value.kind is Kind.INSTANCE and value.definition is instead_of:
        return replace(value, definition=class_)
    return value if value.of is None else replace(value, of=_with_instance_of(class_, instead_of, value.of))
