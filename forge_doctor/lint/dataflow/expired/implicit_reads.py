"""What is read of a mapped object without its attributes standing there: by its methods, its properties, and by what
turns it into text. Looks into methods of the project's own classes alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from forge_doctor.code.orm.mapped_attributes import lazy_relationship
from forge_doctor.code.semantics.inference.kept_answers import kept_for_the_run
from forge_doctor.code.semantics.inference.models import Model
from forge_doctor.code.semantics.names.marks import Mark
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.semantics.project_outline import marked_files, relationship_names
from forge_doctor.code.syntax.nodes import (
    Assign,
    Attribute,
    BoolOp,
    Call,
    ClassDef,
    Except,
    FunctionDef,
    If,
    IfExp,
    Keyword,
    Name,
    Node,
    Str,
    Try,
    While,
)
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.code.syntax.text.called_names import places_behind_dot
from forge_doctor.lint.dataflow.use_def import parameter_name
from forge_doctor.regex import regex

TEXT, DEBUG = "__str__", "__repr__"
LOGGING = frozenset({"debug", "info", "warning", "warn", "error", "exception", "critical", "log", "success", "trace"})
SHOWING = {"str": TEXT, "print": TEXT, "repr": DEBUG}
FORMATTED = regex(rb"\{[ ]{0,4}(\w+)[ ]{0,4}[}!:=]")
REPR = regex(rb"!r\s*\}|:?=\s*\}")
SOMETIMES = (BoolOp, Except, If, IfExp, Try, While)
# Who asks first what is loaded reads nothing else.
ASKS_FIRST = regex(rb"\binspect\s*\(|\bunloaded\b|__dict__|instance_state")
MAX_DEPTH = 4


class SelfRead(NamedTuple):
    """`self.name` in a method, and whether the method may run without reading it."""

    node: Attribute
    is_conditional: bool


class Reader(NamedTuple):
    """A function that is given an object under a name: a method as `self`."""

    function: FunctionDef
    name: str


def self_reads(project: Project, method: FunctionDef) -> tuple[SelfRead, ...]:
    """What a method reads of its object."""
    own, class_ = method.param_names[:1], method.class_
    return reads_by(project, Reader(method, own[0]), class_) if own and class_ is not None else ()


def reads_by(project: Project, reader: Reader, class_: ClassDef) -> tuple[SelfRead, ...]:
    """What a function reads of an object of that class, through the object's own methods too; worked out once."""
    known: dict[tuple[Reader, ClassDef], tuple[SelfRead, ...]] = reader.function.file.kept.setdefault(reads_by, {})
    key = (reader, class_)
    if key not in known:
        known[key] = tuple(_reads_by(project, reader, class_, {reader.function}, 0, is_conditional=False))
    return known[key]


def _reads_by(
    project: Project, reader: Reader, class_: ClassDef, seen: set[FunctionDef], depth: int, *, is_conditional: bool
) -> Iterator[SelfRead]:
    function = reader.function
    data = function.file.data[function.start : function.end]
    if depth > MAX_DEPTH or ASKS_FIRST.search(data) is not None:
        return
    for read in function.find(Attribute, nested=False):
        around = read.parent
        if read.value.text != reader.name or (isinstance(around, Assign) and read in around.targets):
            continue
        sometimes = is_conditional or may_be_skipped(read, function)
        yield SelfRead(read, sometimes)
        inner = project.method(class_, read.attr)
        if inner is not None and inner not in seen and not inner.is_async and inner.param_names:
            seen.add(inner)
            own = Reader(inner, inner.param_names[0])
            yield from _reads_by(project, own, class_, seen, depth + 1, is_conditional=sometimes)


def may_be_skipped(read: Node, method: FunctionDef) -> bool:
    """Whether the method may run without passing there."""
    inner: Node = read
    for around in read.ancestors:
        if around is method:
            return False
        tested = getattr(around, "test", None)
        if isinstance(around, SOMETIMES) and (tested is None or not tested.contains(read)):
            return not (isinstance(around, BoolOp) and around.left.contains(inner))
        inner = around
    return True


def method_read(project: Project, model: Model, place: Node) -> FunctionDef | None:
    """The method that runs where an object of the model stands: `user.label()`, `user.label` of a property, `{user}`."""
    around = place.parent
    if isinstance(around, Attribute) and around.value is place:
        method = project.method(model.class_, around.attr)
        called = isinstance(around.parent, Call) and around.parent.func is around
        fits = method is not None and not method.is_async and called is not is_property(method)
        return method if fits else None
    shown = shown_as(place)
    if not shown:
        return None
    return (project.method(model.class_, TEXT) if shown == TEXT else None) or project.method(model.class_, DEBUG)


def reader_of(project: Project, model: Model, place: Node) -> Reader | None:
    """The method, or plain function of the project, that reads an object of the model where it stands."""
    method = method_read(project, model, place)
    if method is not None:
        return Reader(method, method.param_names[0]) if method.param_names else None
    call = place.parent.parent if isinstance(place.parent, Keyword) else place.parent
    if not isinstance(call, Call) or call.func is place:
        return None
    function = project.called(call)
    around = place.parent if isinstance(place.parent, Keyword) else call
    if function is None or function.is_async or function.is_generator or function.name == "__init__":
        return None
    name = parameter_name(function, call, place, around)
    return Reader(function, name) if name else None


def is_property(method: FunctionDef | None) -> bool:
    """Whether reading the attribute runs the method."""
    return method is not None and method.decorated_by("property", "cached_property", "hybrid_property")


def shown_as(place: Node) -> str:
    """By which method an object is turned into text where it stands; empty where it is not."""
    around = place.parent
    if isinstance(around, Str):
        behind = around.file.data[place.end : around.end]
        return DEBUG if REPR.match(behind) else TEXT
    if not isinstance(around, Call) or place not in around.args:
        return ""
    if around.receiver is None:
        return SHOWING.get(around.func.text, "")
    if around.method in LOGGING and "log" in around.receiver.text.lower() and place is not around.args[0]:
        return DEBUG if "%r" in around.args[0].text else TEXT
    return TEXT if around.method == "format" and isinstance(around.receiver, Str) else ""


@kept_for_the_run
def reading_methods(project: Project) -> frozenset[str]:
    """The names of methods and properties of the project's models that may read a relationship that is loaded lazily."""
    names: set[str] = set()
    related = relationship_names(project)
    for path in marked_files(project, Mark.OWN_READS):
        data = project.reading.bytes_of(path) or b""
        if not any(b"self." + one.encode() in data for one in related):
            continue
        file = project.open_for_all(path)
        for class_ in () if file is None else project.scopes(file).classes:
            model = project.model(class_)
            for method in class_.methods:
                read = {one.node.attr for one in self_reads(project, method)}
                # Of which model a base that maps nothing reads, is told where it is read.
                if related & read if model is None else any(lazy_relationship(model, one) for one in read):
                    names.add(method.name)
    return frozenset(names)


def places_read_through(file: SourceFile, names: frozenset[str]) -> Iterator[Node]:
    """Where an object stands whose method of one of these names may run there: called, read, or turned into text."""
    called = names - {TEXT, DEBUG}
    written = [word for name in called if (word := name.encode()) in file.words]
    for start in sorted(at for word in written for at in places_behind_dot(file.data, word)):
        node = file.node_at(start)
        around = node.parent if isinstance(node, Name) else None
        if isinstance(around, Attribute) and around.attr_node is node:
            yield around.value
    if names & {TEXT, DEBUG}:
        yield from shown_objects(file)


def shown_objects(file: SourceFile) -> Iterator[Node]:
    """The names that stand where an object is turned into text."""
    for match in FORMATTED.finditer(file.data):
        name = file.node_at(match.start(1))
        if isinstance(name, Name) and isinstance(name.parent, Str):
            yield name
    for call in file.calls(*SHOWING, *LOGGING, "format"):
        yield from (one for one in call.args if isinstance(one, Name) and shown_as(one))
