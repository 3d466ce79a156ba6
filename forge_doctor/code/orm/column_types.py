"""What the declaration of a column says of its type: of a datetime's time zone, of JSON that tracks its changes; knows no
database."""

from __future__ import annotations

import sys

from forge_doctor.code.orm.mapped_attributes import COLUMN_MAKERS, column
from forge_doctor.code.semantics.datetimes import DATETIME, Zone
from forge_doctor.code.semantics.inference.kept_answers import kept_for_the_run
from forge_doctor.code.semantics.inference.models import Model
from forge_doctor.code.semantics.library.kinds import Kind
from forge_doctor.code.semantics.library.symbols import LIBRARIES
from forge_doctor.code.semantics.names.marks import DOCUMENT, Mark, dates_without_zone
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.semantics.project_outline import marked_contents, marked_files
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
    Str,
    Subscript,
)
from forge_doctor.regex import regex

TIMES = frozenset({"DateTime", "TIMESTAMP", "DATETIME"})
DOCUMENTS = frozenset({"JSON", "JSONB", "ARRAY"})
WRAPPERS = frozenset({"Mapped", "Optional"})
# Methods of a TypeDecorator that leave alone what is sent.
PLAIN_METHODS = frozenset({"__repr__", "copy", "python_type", "coerce_compared_value", "result_processor"})
CHOOSING = regex(r"postgres|asyncpg|timezone|TIMESTAMP")
# What a project's own base derives from, with a registry that maps no type otherwise.
PLAIN_BASES = frozenset({"DeclarativeBase", "DeclarativeBaseNoMeta", "SQLModel"})


@kept_for_the_run
def is_for_asyncpg(project: Project) -> bool:
    """Whether a URL of the project names asyncpg."""
    return bool(marked_files(project, Mark.ASYNCPG))


@kept_for_the_run
def time_names(project: Project) -> frozenset[str]:
    """The names of attributes that a mapped class may keep a datetime without a time zone in."""
    read = marked_contents(project, Mark.DATES)
    return frozenset(name.decode("utf-8", "replace") for data in read for name in dates_without_zone(data))


@kept_for_the_run
def document_names(project: Project) -> frozenset[str]:
    """The names of attributes that a mapped class may keep JSON or an array in."""
    read = marked_contents(project, Mark.DOCUMENTS)
    return frozenset(one.decode("utf-8", "replace") for data in read for one in DOCUMENT.findall(data))


def untracked_document(project: Project, model: Model, name: str) -> str:
    """`JSON`, `JSONB` or `ARRAY`, of a column that sees no change inside of its value; empty for any other."""
    assign = column(project, model, name)
    made = assign.value if assign is not None else None
    if not isinstance(made, Call) or made.method not in COLUMN_MAKERS or made.file.mentions(b"associate_with"):
        return ""
    inner = made.keyword("sa_column")
    given = _type_given(inner if isinstance(inner, Call) else made)
    while isinstance(given, Call) and given.method == "with_variant" and given.receiver is not None:
        given = given.receiver
    named = given.func if isinstance(given, Call) else given
    home, _, word = ("", "", "") if named is None else project.qualified(named).rpartition(".")
    return word if word in DOCUMENTS and home.partition(".")[0] in LIBRARIES else ""


def zone_of_column(project: Project, model: Model, name: str) -> Zone | None:
    """Whether a column keeps datetimes with a time zone; None where it is of another type or not known."""
    assign = column(project, model, name)
    return None if assign is None else zone_declared(project, model, assign)


def zone_declared(project: Project, model: Model, assign: Assign) -> Zone | None:
    """The same, of its declaration."""
    made = assign.value
    if isinstance(made, Call) and made.method in COLUMN_MAKERS:
        inner = made.keyword("sa_column")
        made = inner if isinstance(inner, Call) else made
        given = _type_given(made)
        if given is not None:
            return _zone_of_type(project, given)
        if made is inner or made.keyword("sa_column_args") is not None or any(not one.name for one in made.keywords):
            return None
    elif made is not None and not isinstance(made, Constant):
        return None
    return Zone.NAIVE if is_plain_datetime(project, assign) and not _maps_types(project, model) else None


def _type_given(made: Call) -> Node | None:
    for word in ("type_", "sa_type"):
        given = made.keyword(word)
        if given is not None:
            return given
    if made.method == "Field":
        return None
    return next((one for one in made.args if not isinstance(one, Str)), None)


def _zone_of_type(project: Project, given: Node) -> Zone | None:
    named = given.func if isinstance(given, Call) else given
    home, _, name = project.qualified(named).rpartition(".")
    if home.partition(".")[0] not in LIBRARIES:
        impl = wrapped_type(project, named)
        return None if impl is None else _zone_of_type(project, impl)
    if name not in TIMES:
        return None
    zone = given.argument(0, "timezone") if isinstance(given, Call) else None
    if zone is None or zone.text == "False":
        return Zone.NAIVE
    return Zone.AWARE if zone.text == "True" else None


def wrapped_type(project: Project, named: Node) -> Node | None:
    """The type in a TypeDecorator of the project that sends values as they are: `impl = DateTime`."""
    class_ = project.value_of(named).inner.definition
    bases = [project.qualified(one) for one in class_.bases] if isinstance(class_, ClassDef) else []
    home, _, name = bases[0].rpartition(".") if len(bases) == 1 else ("", "", "")
    if not isinstance(class_, ClassDef) or name != "TypeDecorator" or home.partition(".")[0] not in LIBRARIES:
        return None
    methods = {one.name: one for one in class_.body if isinstance(one, FunctionDef)}
    chosen = methods.pop("load_dialect_impl", None)
    if any(not name.startswith("process_result") and name not in PLAIN_METHODS for name in methods):
        return None
    # What it says of other databases is left to them.
    if chosen is not None and CHOOSING.search(chosen.text) is not None:
        return None
    impls = [one.value for one in class_.body if isinstance(one, Assign) and one.target.text == "impl"]
    return impls[0] if len(impls) == 1 else None


def is_plain_datetime(project: Project, assign: Assign) -> bool:
    """Whether a column is annotated as a datetime and nothing else: `Mapped[datetime | None]`."""
    node = assign.annotation
    while isinstance(node, Subscript) and node.value.text.rpartition(".")[2] in WRAPPERS and len(node.items) == 1:
        node = node.items[0]
    if isinstance(node, BinOp):
        sides = [one for one in (node.left, node.right) if one.text != "None"]
        node = sides[0] if len(sides) == 1 else None
    return isinstance(node, Name | Attribute) and project.qualified(node) == DATETIME


def _maps_types(project: Project, model: Model) -> bool:
    """Whether a base, or its registry, may give annotations types of its own: a base of another library may as well, unless
    SQLAlchemy's own stands behind it."""
    lineage = project.bases(model.class_)
    classes = [one.inner.definition for one in lineage]
    if any(isinstance(one, ClassDef) and one.file.mentions(b"type_annotation_map") for one in classes):
        return True
    named = [one.name for one in lineage if one.kind is Kind.EXTERNAL]
    if any(one.rpartition(".")[2] in PLAIN_BASES and one.partition(".")[0] in LIBRARIES for one in named):
        return False
    return any(one.partition(".")[0] not in (*LIBRARIES, *sys.stdlib_module_names) for one in named)
