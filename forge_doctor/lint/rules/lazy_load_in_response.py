"""A response model reads a relationship that the query did not load.

Why: FastAPI (and `model_validate` with from_attributes) reads every field from the object it is given.
Reading a relationship nobody loaded sends a query outside of an `await`: the request ends with
ResponseValidationError or ValidationError around MissingGreenlet. Wrong when something loaded it after all, or when a
validator of the whole model reads other fields: options, refreshes and assignments that name it, and such validators, are
looked for.

Bad:

    from fastapi import APIRouter
    from pydantic import BaseModel
    from sqlalchemy import select
    from sqlalchemy.ext.asyncio import AsyncSession
    from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

    router = APIRouter()

    class Base(DeclarativeBase): ...

    class User(Base):
        __tablename__ = "users"
        id: Mapped[int] = mapped_column(primary_key=True)
        orders: Mapped[list["Order"]] = relationship()

    class UserOut(BaseModel):
        id: int
        orders: list[int]

    @router.get("/users/{user_id}", response_model=UserOut)
    async def read_user(user_id: int, db: AsyncSession):
        return (await db.execute(select(User).where(User.id == user_id))).scalar_one()

Good:

    from fastapi import APIRouter
    from pydantic import BaseModel
    from sqlalchemy import select
    from sqlalchemy.ext.asyncio import AsyncSession
    from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, selectinload

    router = APIRouter()

    class Base(DeclarativeBase): ...

    class User(Base):
        __tablename__ = "users"
        id: Mapped[int] = mapped_column(primary_key=True)
        orders: Mapped[list["Order"]] = relationship()

    class UserOut(BaseModel):
        id: int
        orders: list[int]

    @router.get("/users/{user_id}", response_model=UserOut)
    async def read_user(user_id: int, db: AsyncSession):
        query = select(User).where(User.id == user_id).options(selectinload(User.orders))
        return (await db.execute(query)).scalar_one()

Source: https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html#preventing-implicit-io-when-using-asyncsession
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from forge_doctor.check import check
from forge_doctor.code.orm.mapped_attributes import RAISING, proxied, unreadable_relationship
from forge_doctor.code.semantics.inference.models import Relationship
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.semantics.project_outline import relationship_names
from forge_doctor.code.syntax.nodes import Assign, ClassDef, Node
from forge_doctor.code.syntax.prefilter import AnyWord
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.finding import Finding, Related, Severity
from forge_doctor.lint.dataflow.expired.implicit_reads import is_property, self_reads
from forge_doctor.lint.dataflow.objects.loaded import loaded, related
from forge_doctor.lint.dataflow.objects.loaded_objects import PLAIN, Loaded, Shape
from forge_doctor.lint.dataflow.objects.unloaded_relationships import confidence_of, is_unloaded, loading, not_loaded_by
from forge_doctor.lint.dataflow.response_models import fields, objects_read, response_class, returned
from forge_doctor.lint.dataflow.sessions.transactions import opened_by

SUSPECT = AnyWord(b"fastapi", b"model_validate", b"validate_python", b"from_orm", b"APIRouter")
# Who calls a repository may say no word of a database.
EVERYWHERE = True
LINE_DOES = ("queries",)
MAX_DEPTH = 3  # of response models inside each other


class Unread(NamedTuple):
    """A field of a class that reads a relationship which is not loaded, and the objects it reads it of."""

    held: Loaded
    relationship: Relationship
    class_: ClassDef
    field: Assign


@check(severity=Severity.ERROR)
def lazy_load_in_response(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Compare what is returned, or validated, with the fields that will be read from it."""
    if not relationship_names(project):
        return
    for node, class_ in objects_read(file, project):
        held = loaded(project, node)
        if held is None or held.shape in (Shape.ROWS, Shape.KEYED):
            continue
        for unread in unloaded_fields(project, held, class_, node):
            yield found(file, project, node, unread)
    if file.mentions(b"with "):
        yield from left_plain_blocks(file, project)


def left_plain_blocks(file: SourceFile, project: Project) -> Iterator[Finding]:
    """What endpoints return from the `with` of a plain session: FastAPI reads it when that is closed."""
    for node, class_ in returned(file, project, is_plain=True):
        held = loaded(project, node, PLAIN)
        function = node.function
        if (
            held is None
            or held.shape in (Shape.ROWS, Shape.KEYED)
            or function is None
            or opened_by(held.session) is None
        ):
            continue
        for unread in unloaded_fields(project, held, class_, node):
            # One that is read while the session is open is there.
            if re.search(rf"\.{re.escape(unread.relationship.name)}\b", function.text) is None:
                yield found(file, project, node, unread, "DetachedInstanceError")
                break


def unloaded_fields(
    project: Project, held: Loaded, class_: ClassDef, node: Node, above: tuple[ClassDef, ...] = ()
) -> Iterator[Unread]:
    """Fields of the class that are relationships nobody loaded, or properties that read one; of the classes of its fields
    as well, for the relationships that are there."""
    for name, field in (fields(project, class_) or {}).items():
        missing = (one for one in relationships_behind(project, held, name) if is_unloaded(project, held, one, node))
        relationship = next(missing, None)
        if relationship is not None:
            yield Unread(held, relationship, class_, field)
            continue
        below = field_class(project, field)
        inner = None if below is None else related(project, held, name)
        if below is not None and inner is not None and below not in (*above, class_) and len(above) < MAX_DEPTH:
            yield from unloaded_fields(project, inner, below, node, (*above, class_))


def field_class(project: Project, field: Assign) -> ClassDef | None:
    """The pydantic class that reads what a field holds."""
    return None if field.annotation is None else response_class(project, field.annotation)


def relationships_behind(project: Project, held: Loaded, name: str) -> Iterator[Relationship]:
    """The relationships that reading an attribute surely reads: itself, that of a proxy, what a property walks over."""
    own = unreadable_relationship(held.model, proxied(project, held.model, name))
    if own is not None:
        yield own
    method = project.method(held.model.class_, name)
    if method is not None and is_property(method):
        read = (
            unreadable_relationship(held.model, one.node.attr)
            for one in self_reads(project, method)
            if not one.is_conditional
        )
        yield from (one for one in read if one is not None)


def found(file: SourceFile, project: Project, node: Node, unread: Unread, error: str = "MissingGreenlet") -> Finding:
    """The finding, with the option to add to the query."""
    held, relationship, class_, field = unread
    name = f"{held.model.class_.name}.{relationship.name}"
    through = "" if field.target.text == relationship.name else f"{field.target.text}` and by it `"
    read = f"{through}{relationship.name}"
    if relationship.lazy in RAISING:
        error = f'InvalidRequestError (`lazy="{relationship.lazy}"`)'
    return file.finding(
        lazy_load_in_response,
        node,
        f"`{class_.name}` reads `{read}`, a relationship that {not_loaded_by(held, file)}: the read fails with {error}",
        confidence=confidence_of(project, held, relationship, node),
        remedy=loading(held, relationship),
        related=(
            Related(message="the field", location=field.file.location(field)),
            Related(message=f"`{name}`", location=relationship.node.file.location(relationship.node)),
        ),
    )
