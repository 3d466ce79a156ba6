"""The mapped classes of a project that belong to the metadata of one base class; imports none of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from forge_doctor.code.semantics.library.kinds import Kind
from forge_doctor.code.semantics.literals import followed
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Assign, Attribute, Call, ClassDef, List, Name, Node, Str, Tuple
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.code.syntax.stubs import is_test_file
from forge_doctor.migrations.environment.env_script import EnvScript


class Declared(NamedTuple):
    """A class with a table of its own, or a `Table(...)`; `table` is its name, that of the class where it is made at run time."""

    class_: ClassDef | Call
    table: str


Base = ClassDef | Call | str
"""A base class of the project, its `MetaData()`, or by its name SQLModel, which is a base itself."""
SQLMODEL = "SQLModel"


def named_bases(project: Project, metadata: Node) -> tuple[Base, ...]:
    """The base classes in `Base.metadata` or a list of them; empty for anything else."""
    node = followed(project, metadata)
    if isinstance(node, List | Tuple):
        return tuple(base for one in node.elts for base in named_bases(project, one))
    if isinstance(node, Call) and node.method == "MetaData":
        return (node,)
    if not isinstance(node, Attribute) or node.attr != "metadata":
        return ()
    if project.qualified(node.value).rpartition(".")[2] == SQLMODEL:
        return (SQLMODEL,)
    value = project.value_of(node.value)
    definition = value.inner.definition if value.kind is Kind.CLASS else None
    return (definition,) if isinstance(definition, ClassDef) else ()


def declared(script: EnvScript, base: Base) -> Iterator[Declared]:
    """The classes of the project that are mapped through `base`, those of tests left out."""
    project = script.project
    # SQLModel is one metadata a process: another application's models are none of it.
    for path in script.models_near if base == SQLMODEL else script.sources.kept.models:
        file = project.open(path)
        if file is None or is_test_file(file):
            continue
        if isinstance(base, Call):
            yield from _tables(project, file, base)
            continue
        for class_ in project.scopes(file).classes:
            if class_ is not base and class_.function is None and (table := table_of(class_)):
                lineage = [one.inner.definition for one in project.bases(class_)]
                is_of_it = is_sqlmodel(class_) if base == SQLMODEL else any(one is base for one in lineage)
                if is_of_it and not any(_has_own_metadata(one, base) for one in lineage):
                    yield Declared(class_, table)


def _tables(project: Project, file: SourceFile, metadata: Call) -> Iterator[Declared]:
    """The tables of a file that are made with this metadata."""
    for call in file.calls("Table"):
        name, given = call.argument(0, "name"), call.argument(1, "metadata")
        if given is not None and followed(project, given) is metadata and call.function is None:
            yield Declared(call, name.value if isinstance(name, Str) else "a table")


def table_of(class_: ClassDef) -> str:
    """The table a class declares; empty where it declares none."""
    name = ""
    for one in class_.body:
        if isinstance(one, Assign) and isinstance(one.target, Name):
            if one.target.id == "__abstract__" and one.value is not None and one.value.text == "True":
                return ""
            if one.target.id == "__tablename__":
                name = one.value.value if isinstance(one.value, Str) else class_.name
            elif one.target.id == "__table__" and isinstance(one.value, Call):
                name = class_.name
    return name or (class_.name.lower() if is_sqlmodel(class_) else "")


def is_sqlmodel(class_: ClassDef) -> bool:
    """Whether it is a table by SQLModel's keyword."""
    return any(one.name == "table" and one.value.text == "True" for one in class_.keywords)


def _has_own_metadata(class_: object, base: Base) -> bool:
    """Whether a class between gives its own metadata."""
    if not isinstance(class_, ClassDef) or class_ is base:
        return False
    return any(isinstance(one, Assign) and one.target.text == "metadata" for one in class_.body)
