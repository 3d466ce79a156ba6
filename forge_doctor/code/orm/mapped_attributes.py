"""Which attributes of a model the mapper fills, and how reading them loads; reads declarations only."""

from __future__ import annotations

from forge_doctor.code.semantics.inference.models import Model, Relationship
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Assign, Call, ClassDef, Name
from forge_doctor.regex import regex

COLUMN_MAKERS = frozenset({"mapped_column", "Column", "column_property", "deferred", "Field"})
COLLECTION = regex(r"\b(?:[lL]ist|[sS]et|[dD]ict|Sequence|Collection|Iterable|MutableSequence)\b\s*\[")


def lazy_relationship(model: Model, name: str) -> Relationship | None:
    """The relationship of that name, if reading it surely sends a query where nothing loaded it before."""
    found = model.relationship(name)
    return found if found is not None and found.loads_on_access else None


def is_collection(relationship: Relationship) -> bool:
    """Whether it holds many: those are never found in the session by their key."""
    annotation = relationship.node.annotation
    return annotation is not None and COLLECTION.search(annotation.text) is not None


def is_column(project: Project, model: Model, name: str) -> bool:
    """Whether an attribute is a column: declared `Mapped`, made by a column's maker, or a field of a table model."""
    if name not in model.columns:
        return False
    for base in project.bases(model.class_):
        class_ = base.inner.definition
        if not isinstance(class_, ClassDef):
            continue
        for assign in class_.body:
            if isinstance(assign, Assign) and isinstance(assign.target, Name) and assign.target.id == name:
                return _is_column(assign, class_)
    return False


def _is_column(assign: Assign, class_: ClassDef) -> bool:
    annotation = "" if assign.annotation is None else assign.annotation.text
    if "ClassVar" in annotation:
        return False
    if "Mapped[" in annotation or (isinstance(assign.value, Call) and assign.value.method in COLUMN_MAKERS):
        return True
    return bool(annotation) and any(one.name == "table" for one in class_.keywords)
