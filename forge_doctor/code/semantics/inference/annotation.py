"""From a type as written to what a value of it is; evaluates nothing."""

from __future__ import annotations

from forge_doctor.code.semantics.inference.generics import bound_of
from forge_doctor.code.semantics.inference.interface import Knowledge, Target
from forge_doctor.code.semantics.library.kinds import NONE, OTHER, UNKNOWN, Kind, Value, one_of
from forge_doctor.code.semantics.library.symbols import DEPENDS, GENERIC, TRANSPARENT, is_async_repository
from forge_doctor.code.semantics.names.bindings import How
from forge_doctor.code.syntax.nodes import (
    Assign,
    Attribute,
    BinOp,
    Call,
    ClassDef,
    Constant,
    FunctionDef,
    Name,
    Node,
    Param,
    Str,
    Subscript,
    TypeAlias,
)
from forge_doctor.code.syntax.source import parse
from forge_doctor.finding import Confidence
from forge_doctor.regex import regex

MAX_DEPTH = 20
SELF = ("Self", "typing.Self", "typing_extensions.Self")
# That, or a type variable by its usual names.
TYPE_OF_SELF = regex(r"_?[A-Z]\w?|[\w.]*(?:T|Self|Type)(?:_co)?")
MEANINGLESS = frozenset({"Any", "object", "typing.Any", "t.Any"})


def annotated(knows: Knowledge, annotation: Node, at: Node, depth: int = 0) -> Value:
    """What a value of the type is; names are looked up as seen from `at`."""
    if depth > MAX_DEPTH:
        return UNKNOWN
    if isinstance(annotation, Str):
        inner = parse(annotation.value, at.file.path).module.body
        return annotated(knows, getattr(inner[0], "value", inner[0]), at, depth + 1) if inner else UNKNOWN
    if isinstance(annotation, Constant):
        return NONE if annotation.text == "None" else OTHER
    if isinstance(annotation, BinOp):
        return one_of([annotated(knows, one, at, depth + 1) for one in _alternatives(annotation)])
    if isinstance(annotation, Subscript):
        return _subscript(knows, annotation, at, depth)
    if isinstance(annotation, Name | Attribute):
        return _named(knows, annotation, at, depth)
    return UNKNOWN


def _alternatives(annotation: Node) -> list[Node]:
    """The types of `A | B | C`: of two that contradict each other, a third must know both."""
    found: list[Node] = []
    while isinstance(annotation, BinOp):
        found.append(annotation.right)
        annotation = annotation.left
    return [annotation, *reversed(found)]


def names_of_self(at: Node) -> tuple[str, ...]:
    """What the type of the object a method is called on is written as: `Self`, or `T` where it says `cls: type[T]`."""
    first = at.params[0] if isinstance(at, FunctionDef) and at.is_method and at.params else None
    written = first.annotation if isinstance(first, Param) else None
    if isinstance(written, Subscript) and written.value.text in ("type", "Type", "typing.Type") and written.items:
        written = written.items[0]
    return SELF if written is None or not TYPE_OF_SELF.fullmatch(written.text) else (*SELF, written.text)


def _named(knows: Knowledge, annotation: Node, at: Node, depth: int) -> Value:
    if annotation.text in MEANINGLESS:
        return UNKNOWN
    if TYPE_OF_SELF.fullmatch(annotation.text) and at.class_ is not None and annotation.text in names_of_self(at):
        return Value(Kind.INSTANCE, definition=at.class_)
    target = _target(knows, annotation, at)
    is_bound = target is not None and target.binding is not None
    bound = None if is_bound else bound_of(annotation.text, at)
    if bound is not None:
        return annotated(knows, bound, at, depth + 1)
    if target is None:
        value = knows.value_of(annotation) if annotation.file is at.file else UNKNOWN
    elif target.binding is None or target.file is None or target.binding.how in (How.CLASS, How.IMPORT):
        value = _class_of(knows, target)
    else:
        return _alias(knows, target, depth)
    if value.kind is Kind.CLASS:
        return value.inner.because(f"annotated {annotation.text}").at_most(value.confidence)
    if value.kind is Kind.CALLABLE and value.definition is not None:
        return value  # NewType
    if value.kind is not Kind.EXTERNAL:
        return UNKNOWN
    return Value(Kind.OTHER, name=value.name) if is_async_repository(value.name) else OTHER


def _target(knows: Knowledge, annotation: Node, at: Node) -> Target | None:
    if isinstance(annotation, Attribute) and annotation.file is not at.file:
        return _in_module(knows, annotation.text, at)
    if not isinstance(annotation, Name):
        return None
    scopes = knows.scopes(at.file)
    found = scopes.lookup(annotation.text.partition(".")[0], at)
    if found is None and "." not in annotation.text and scopes.module.star_imports:
        return knows.export(at.file, annotation.text) or Target(annotation.text)
    if found is None or "." in annotation.text:
        return None if found is not None else Target(annotation.text)
    return knows.target(found[1][-1], at.file)


def _in_module(knows: Knowledge, dotted: str, at: Node) -> Target | None:
    """Where `"app.Service"` leads, which is written as a string and has no scopes of its own."""
    first, *names = dotted.split(".")
    found = knows.scopes(at.file).lookup(first, at)
    target = None if found is None else knows.target(found[1][-1], at.file)
    for name in names:
        if target is None or target.binding is not None:
            return None
        inside = None if target.file is None else knows.export(target.file, name)
        longer = f"{target.dotted}.{name}"
        target = inside or Target(longer, None if target.file is None else knows.module(longer, at.file))
    return target


def _class_of(knows: Knowledge, target: Target) -> Value:
    if target.file is not None and target.binding is not None:
        return knows.bound_value(target.binding, target.file)
    return external(target.dotted)


def _alias(knows: Knowledge, target: Target, depth: int) -> Value:
    """`SessionDep = Annotated[...]`, `type X = ...`, `X = NewType("X", Y)`."""
    assert target.binding is not None  # noqa: S101 - told apart by the caller
    node = target.binding.node
    if isinstance(node, TypeAlias):
        return annotated(knows, node.value, node, depth + 1)
    if not isinstance(node, Assign) or node.value is None:
        return UNKNOWN
    value = node.value
    if isinstance(value, Call):
        if value.method == "NewType" and len(value.args) > 1:
            return annotated(knows, value.args[1], node, depth + 1)
        if value.method == "TypeVar":
            bound = value.keyword("bound")
            return annotated(knows, bound, node, depth + 1) if bound is not None else UNKNOWN
        return UNKNOWN
    return annotated(knows, value, node, depth + 1)


def _subscript(knows: Knowledge, annotation: Subscript, at: Node, depth: int) -> Value:
    name = annotation.value.text.rpartition(".")[2]
    items = annotation.items
    if name == "Union":
        return one_of([annotated(knows, item, at, depth + 1) for item in items])
    if name in TRANSPARENT and items:
        return _annotated_with(knows, items, at, depth)
    kind = GENERIC.get(name)
    if kind is None or not items:
        value = annotated(knows, annotation.value, at, depth + 1)
        return value if value.kind is not Kind.OTHER or value.name else _generic(knows, items, at, depth)
    if kind is Kind.CLASS:
        return Value(Kind.CLASS, of=annotated(knows, items[0], at, depth + 1))
    if kind is Kind.COLLECTION:
        return collection_of(annotated(knows, items[0], at, depth + 1))
    if kind in (Kind.MAPPING, Kind.CONTEXT_VAR):
        return collection_of(annotated(knows, items[-1], at, depth + 1), kind)
    last = kind in (Kind.CALLABLE, Kind.COROUTINE)
    return Value(kind, of=annotated(knows, items[-1] if last else items[0], at, depth + 1))


def _generic(knows: Knowledge, items: tuple[Node, ...], at: Node, depth: int) -> Value:
    """A library's generic, with the one class of the project that it is written with."""
    own = [one for one in (annotated(knows, item, at, depth + 1) for item in items) if one.kind is Kind.INSTANCE]
    return Value(Kind.OTHER, of=own[0]) if len(own) == 1 else OTHER


def collection_of(element: Value, kind: Kind = Kind.COLLECTION) -> Value:
    """Many of the same; of no interest where those are of none."""
    telling = element.kind.is_async or element.kind in (Kind.INSTANCE, Kind.CLASS)
    return Value(kind, of=element, confidence=element.confidence) if telling else OTHER


def _annotated_with(knows: Knowledge, items: tuple[Node, ...], at: Node, depth: int) -> Value:
    value = annotated(knows, items[0], at, depth + 1)
    if value.kind not in (Kind.UNKNOWN, Kind.OTHER, Kind.INSTANCE, Kind.SESSION):
        return value
    for item in items[1:]:
        if isinstance(item, Call) and item.method in DEPENDS and item.args and item.file is at.file:
            provided = knows.provided(knows.value_of(item.args[0]))
            if provided.is_known and not _is_wider(knows, provided, value):
                return provided
    return value


def _is_wider(knows: Knowledge, provided: Value, declared: Value) -> bool:
    """Whether a dependency says less than the class of the project that stands before it: `get_repository(Users)` may
    be declared to give any repository. Of what is said to be a Session it tells only that it is an AsyncSession."""
    if declared.kind is Kind.SESSION:
        return provided.kind is not Kind.ASYNC_SESSION
    if declared.kind is not Kind.INSTANCE:
        return False
    if provided.kind is not Kind.INSTANCE or not isinstance(provided.definition, ClassDef):
        return provided.kind is Kind.OTHER
    return all(one.inner.definition is not declared.definition for one in knows.bases(provided.definition))


def external(dotted: str) -> Value:
    """A class of another library by its dotted path; one called AsyncSession that we cannot see is a guess."""
    from forge_doctor.code.semantics.library.symbols import LOOKALIKES, library_value

    known = library_value(dotted)
    if known is not None:
        return known
    package, _, name = dotted.lstrip(".").rpartition(".")
    if name == "AsyncSession" and package and package.partition(".")[0] not in LOOKALIKES:
        told = any(word in dotted.lower() for word in ("sql", "db", "database", "postgres"))
        guess = Confidence.MEDIUM if told else Confidence.LOW
        session = Value(Kind.ASYNC_SESSION, confidence=guess, why=f"imported from {package}, which is not in sight")
        return Value(Kind.CLASS, of=session, name=dotted, confidence=guess)
    return Value(Kind.EXTERNAL, name=dotted)


def is_class(value: Value) -> bool:
    """Whether it is a class of the project."""
    return value.kind is Kind.CLASS and isinstance(value.inner.definition, ClassDef)
