"""The objects in rows of several columns: `for user, order in await session.execute(select(User, Order))`. Takes one column of
a row by its place or its class; knows no alias and no label."""

from __future__ import annotations

from forge_doctor.code.orm.mapped_attributes import is_collection
from forge_doctor.code.orm.statements import Sql
from forge_doctor.code.semantics.inference.models import Relationship
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Call, Name, Node, Starred
from forge_doctor.lint.dataflow.objects.loaded_objects import Loaded, Shape
from forge_doctor.regex import regex

WORDS = regex(r"\w+")
PLACE = regex(r"\d+")


def rows_of(project: Project, sql: Sql, session: Node, call: Call) -> Loaded | None:
    """The rows of a `select` with an entity among its columns; the model is the first one's, and tells nothing of the others."""
    if sql.verb != "select" or any(isinstance(one, Starred) for one in sql.entities):
        return None
    models = (project.model_of(one) for one in sql.entities if isinstance(one, Name))
    model = next((one for one in models if one is not None), None)
    return model and Loaded(model=model, sql=sql, shape=Shape.TUPLES, session=session, call=call)


def taken(project: Project, row: Loaded | None, key: str) -> Loaded | None:
    """The object in one column of a row, by its place from the left or by the name of its class."""
    if row is None or row.shape is not Shape.TUPLE:
        return None
    columns = row.sql.entities
    if PLACE.fullmatch(key) is None:
        named = [one for one in columns if one.text == key]
        column = named[0] if len(named) == 1 else None
    else:
        column = columns[int(key)] if int(key) < len(columns) else None
    model = project.model_of(column) if isinstance(column, Name) else None
    return model and row._replace(model=model, shape=Shape.OBJECT)


def is_in_same_row(held: Loaded, relationship: Relationship) -> bool:
    """Whether the query loads, beside the object, what a relationship to one object leads to, or may do so by another name:
    the session then finds it by its key, and sends nothing."""
    beside = [one for one in held.sql.entities if one.text != held.model.class_.name]
    if not beside or is_collection(relationship):
        return False
    targets = WORDS.findall(relationship.target)
    return any(isinstance(one, Name) and (one.text in targets or not one.text[:1].isupper()) for one in beside)
