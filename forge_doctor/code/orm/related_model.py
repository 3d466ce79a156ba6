"""Which mapped class a relationship leads to: by its name, in the file that declares it or in the one file that has it."""

from __future__ import annotations

from forge_doctor.code.semantics.inference.models import Model, Relationship
from forge_doctor.code.semantics.library.kinds import Kind
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import ClassDef, Node
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.regex import regex

NAME = regex(r"[^\W\d]\w*")
# What stands around the name of a class in a type.
AROUND = frozenset(
    "List list Set set Dict dict Sequence Collection Iterable Optional Union Mapped None str int lambda".split()  # noqa: SIM905
)


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
