"""The ORM models of the project and how their relationships load; reads declarations only, no query."""

from __future__ import annotations

import re
from typing import NamedTuple

from forge_doctor.code.semantics.inference.interface import Knowledge
from forge_doctor.code.syntax.nodes import Assign, Call, ClassDef, Dict, Name, Node, Str, Subscript

MAKERS = frozenset({"relationship", "Relationship", "dynamic_loader"})
# Loading that needs no query when the attribute is read, or never makes one by itself.
FETCHED = frozenset({"selectin", "joined", "subquery", "immediate"})  # with each query for the object
EAGER = FETCHED | {"raise", "raise_on_sql", "noload"}
# Collections that are never loaded whole: reading the attribute gives what queries are made with.
NOT_LOADED = frozenset({"dynamic", "write_only"})
# Annotations that decide the loading whatever `lazy=` says.
DECIDING = {"WriteOnlyMapped": "write_only", "DynamicMapped": "dynamic"}


class Relationship(NamedTuple):
    """One relationship of a model.

    `lazy` is the word of `lazy=` or of the annotation, `select` where nothing says (SQLAlchemy's default);
    None where it is no literal or may come in with `**options`, and therefore is not known. `target` is the
    other model's name as written.
    """

    name: str
    node: Assign
    lazy: str | None = "select"
    target: str = ""

    @property
    def loads_on_access(self) -> bool:
        """Whether reading the attribute sends a query, as far as the model says."""
        return self.lazy is not None and self.lazy not in EAGER | NOT_LOADED


class Model(NamedTuple):
    """A mapped class; `columns` are the other mapped attributes."""

    class_: ClassDef
    relationships: tuple[Relationship, ...] = ()
    columns: tuple[str, ...] = ()

    def relationship(self, name: str) -> Relationship | None:
        """The relationship of that name."""
        return next((one for one in self.relationships if one.name == name), None)


def model(knows: Knowledge, class_: ClassDef) -> Model | None:
    """The model, if the class is mapped."""
    lineage = [base.inner.definition for base in knows.bases(class_)]
    classes = [one for one in lineage if isinstance(one, ClassDef)]
    if not any(_is_mapped(one) for one in classes):
        return None
    relationships: dict[str, Relationship] = {}
    columns: dict[str, None] = {}
    for one in classes:
        for assign in one.body:
            if not isinstance(assign, Assign) or not isinstance(assign.target, Name):
                continue
            found = _relationship(assign, assign.target.id)
            if found is not None:
                relationships.setdefault(found.name, found)
            elif not assign.target.id.startswith("__"):
                columns.setdefault(assign.target.id)
    return Model(class_=class_, relationships=tuple(relationships.values()), columns=tuple(columns))


def _is_mapped(class_: ClassDef) -> bool:
    if any(one.name == "table" and one.value.text == "True" for one in class_.keywords):
        return True
    return any(
        isinstance(one, Assign) and one.target.text in ("__tablename__", "__table__", "__mapper_args__")
        for one in class_.body
    )


def _relationship(assign: Assign, name: str) -> Relationship | None:
    call = assign.value
    if not isinstance(call, Call) or call.method not in MAKERS:
        return None
    return Relationship(name=name, node=assign, lazy=_lazy(assign, call), target=_target(assign, call))


def _lazy(assign: Assign, call: Call) -> str | None:
    """The word for how it loads, None where not known."""
    decided = re.search(r"\b(?:WriteOnlyMapped|DynamicMapped)\b", assign.annotation.text if assign.annotation else "")
    if decided is not None:
        return DECIDING[decided[0]]
    if call.method == "dynamic_loader":
        return "dynamic"
    given = call.keyword("lazy")
    if given is not None:
        return given.value if isinstance(given, Str) else None
    if any(not one.name for one in call.keywords) or call.keyword("sa_relationship") is not None:
        return None
    options = call.keyword("sa_relationship_kwargs")
    return "select" if options is None else _sqlmodel_lazy(options)


def _sqlmodel_lazy(options: Node) -> str | None:
    """Of `Relationship(sa_relationship_kwargs={"lazy": "selectin"})`."""
    if not isinstance(options, Dict) or len(options.items) != len(options.children):
        return None
    word: str | None = "select"
    for key, value in options.items:
        if not isinstance(key, Str):
            return None
        if key.value == "lazy":
            word = value.value if isinstance(value, Str) else None
    return word


def _target(assign: Assign, call: Call) -> str:
    if call.args:
        first = call.args[0]
        return first.value if isinstance(first, Str) else first.text
    inner = assign.annotation
    while isinstance(inner, Subscript) and inner.items:
        inner = inner.items[0]
    return "" if inner is None else inner.value if isinstance(inner, Str) else inner.text
