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

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.code.orm.mapped_attributes import lazy_relationship
from forge_doctor.code.semantics.inference.models import Relationship
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.semantics.project_outline import relationship_names
from forge_doctor.code.syntax.nodes import Assign, Call, ClassDef, Comprehension, Node, Return
from forge_doctor.code.syntax.prefilter import AnyWord
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.finding import Finding, Related, Severity
from forge_doctor.lint.dataflow.objects.loaded import loaded
from forge_doctor.lint.dataflow.objects.loaded_objects import Loaded, Shape
from forge_doctor.lint.dataflow.objects.unloaded_relationships import confidence_of, is_unloaded, loading, not_loaded_by
from forge_doctor.lint.dataflow.response_models import ROUTES, fields, reads_response, validated_class
from forge_doctor.regex import regex

SUSPECT = AnyWord(b"fastapi", b"model_validate", b"from_orm", b"APIRouter")
# Who calls a repository may say no word of a database.
EVERYWHERE = True
DECORATED = regex(rb"@\w[\w.]*\.(?:" + "|".join(sorted(ROUTES)).encode() + rb")\s*\(")


@check(severity=Severity.ERROR)
def lazy_load_in_response(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Compare what is returned, or validated, with the fields that will be read from it."""
    if not relationship_names(project):
        return
    for node, class_ in (*returned(file, project), *validated(file, project)):
        held = loaded(project, node)
        if held is None or held.shape is Shape.ROWS:
            continue
        for relationship, field in unloaded_fields(project, held, class_, node):
            yield found(file, project, node, held, relationship, class_, field)


def returned(file: SourceFile, project: Project) -> Iterator[tuple[Node, ClassDef]]:
    """What routes return, with the class that reads it."""
    if DECORATED.search(file.data) is None:
        return
    for function in project.scopes(file).functions:
        if not function.decorators or not function.is_async:
            continue
        for statement in function.find(Return, nested=False):
            class_ = reads_response(project, statement)
            if class_ is not None and statement.value is not None:
                yield statement.value, class_


def validated(file: SourceFile, project: Project) -> Iterator[tuple[Node, ClassDef]]:
    """`UserOut.model_validate(user)` in async functions."""
    for call in file.calls("model_validate", "from_orm"):
        function = call.function
        if function is None or not function.is_async:
            continue
        class_ = validated_class(project, call)
        if class_ is not None and not is_lambda_inside(call, call.parent):
            yield call.args[0], class_


def is_lambda_inside(call: Call, around: Node | None) -> bool:
    """Whether the call runs later, in a generator nobody iterates here."""
    return isinstance(around, Comprehension) and around.is_generator and around.contains(call)


def unloaded_fields(
    project: Project, held: Loaded, class_: ClassDef, node: Node
) -> Iterator[tuple[Relationship, Assign]]:
    """Fields of the class that are relationships nobody loaded."""
    for name, field in (fields(project, class_) or {}).items():
        relationship = lazy_relationship(held.model, name)
        if relationship is not None and is_unloaded(project, held, relationship, node):
            yield relationship, field


def found(
    file: SourceFile,
    project: Project,
    node: Node,
    held: Loaded,
    relationship: Relationship,
    class_: ClassDef,
    field: Assign,
) -> Finding:
    """The finding, with the option to add to the query."""
    name = f"{held.model.class_.name}.{relationship.name}"
    return file.finding(
        lazy_load_in_response,
        node,
        f"`{class_.name}` reads `{relationship.name}`, a relationship that {not_loaded_by(held)}: the read fails with "
        "MissingGreenlet",
        confidence=confidence_of(project, held, relationship),
        remedy=loading(held, relationship),
        related=(
            Related(message="the field", location=field.file.location(field)),
            Related(message=f"`{name}`", location=relationship.node.file.location(relationship.node)),
        ),
    )
