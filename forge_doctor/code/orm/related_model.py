"""Which mapped class a relationship leads to, and whether to many of it: by its name, in the file that declares it or in
the one file that has it, and by foreign keys."""

from __future__ import annotations

from forge_doctor.code.orm.mapped_attributes import is_collection
from forge_doctor.code.semantics.inference.models import Model, Relationship
from forge_doctor.code.semantics.library.kinds import Kind
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Assign, Call, ClassDef, Node, Str
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.regex import regex

NAME = regex(r"[^\W\d]\w*")
# What stands around the name of a class in a type.
AROUND = frozenset(
    "List list Set set Dict dict Sequence Collection Iterable Optional Union Mapped None str int lambda".split()  # noqa: SIM905
)

FOREIGN = regex(r"""ForeignKey(?:Constraint)?\(\s*(?:["'](?:\w+\.)?(\w+)\.\w+["'])?""")
# What makes a relationship another one than the foreign keys say.
SHAPING = frozenset({"", "uselist", "primaryjoin", "secondaryjoin", "foreign_keys", "remote_side", "viewonly"})


def related_model(project: Project, relationship: Relationship) -> Model | None:
    """The model at its other end; None where the name is not told or may mean more than one class."""
    names = [one for one in NAME.findall(relationship.target) if one not in AROUND]
    if not names:
        return None
    here = relationship.node.file
    class_ = _named_in(project, here, names[-1]) or _anywhere(project, here, names[-1])
    return project.model(class_) if isinstance(class_, ClassDef) else None


def _named_in(project: Project, file: SourceFile, name: str) -> Node | None:
    bindings = project.scopes(file).module.bindings(name)
    if not bindings:
        return None
    value = project.bound_value(bindings[-1], file)
    return value.inner.definition if value.kind is Kind.CLASS else None


def _anywhere(project: Project, importer: SourceFile, name: str) -> Node | None:
    """In the one file of the project that has a class of that name beside mapped ones."""
    paths = [path for path, surface in project.surfaces.items() if name in surface.models]
    file = project.open(paths[0], importer) if len(paths) == 1 else None
    return None if file is None else _named_in(project, file, name)


def holds_many(project: Project, model: Model, relationship: Relationship) -> bool:
    """Whether it surely is a collection: by its annotation, by a table between, or, where nothing is annotated, by foreign
    keys of the other class to this one's table and none the other way."""
    made = relationship.node.value
    if relationship.node.annotation is not None or not isinstance(made, Call):
        return is_collection(relationship)
    given = {one.name for one in made.keywords}
    other = related_model(project, relationship)
    if other is None or other.class_ is model.class_ or not given.isdisjoint(SHAPING):
        return False
    if "secondary" in given:
        return True
    own, far = _foreign_tables(project, model.class_), _foreign_tables(project, other.class_)
    own_table, far_table = _table(model.class_), _table(other.class_)
    known = own is not None and far is not None and bool(own_table) and bool(far_table)
    return known and own_table in (far or ()) and far_table not in (own or ())


def _table(class_: ClassDef) -> str:
    """What `__tablename__` says; empty where it is no plain text."""
    named = next((one for one in class_.body if isinstance(one, Assign) and one.target.text == "__tablename__"), None)
    return named.value.value if named is not None and isinstance(named.value, Str) else ""


def _foreign_tables(project: Project, class_: ClassDef) -> frozenset[str] | None:
    """The tables that foreign keys of a class and its bases name; None where one is not written as a text."""
    bases = [one.inner.definition for one in project.bases(class_)]
    texts = [class_.text, *(one.text for one in bases if isinstance(one, ClassDef))]
    found = [one.group(1) for text in texts for one in FOREIGN.finditer(text)]
    return None if None in found else frozenset(found)
