"""A relationship that nobody loaded is read in async code.

Why: reading it sends a query at once, and there is no `await` to send it in: MissingGreenlet
("greenlet_spawn has not been called; can't call await_only() here"). It works as long as a test happens
to have the related rows in its session, and fails in production.

Bad:

    from sqlalchemy import select
    from sqlalchemy.ext.asyncio import AsyncSession
    from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

    class Base(DeclarativeBase): ...

    class User(Base):
        __tablename__ = "users"
        id: Mapped[int] = mapped_column(primary_key=True)
        orders: Mapped[list["Order"]] = relationship()

    async def order_count(db: AsyncSession, user_id: int):
        user = (await db.execute(select(User).where(User.id == user_id))).scalar_one()
        return len(user.orders)

Good:

    from sqlalchemy import select
    from sqlalchemy.ext.asyncio import AsyncSession
    from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, selectinload

    class Base(DeclarativeBase): ...

    class User(Base):
        __tablename__ = "users"
        id: Mapped[int] = mapped_column(primary_key=True)
        orders: Mapped[list["Order"]] = relationship()

    async def order_count(db: AsyncSession, user_id: int):
        query = select(User).where(User.id == user_id).options(selectinload(User.orders))
        user = (await db.execute(query)).scalar_one()
        return len(user.orders)

Source: https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html#preventing-implicit-io-when-using-asyncsession
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from forge_doctor.check import check
from forge_doctor.code.orm.mapped_attributes import lazy_relationship
from forge_doctor.code.semantics.inference.models import Relationship
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.semantics.project_outline import relationship_names
from forge_doctor.code.syntax.nodes import Assign, Attribute, Name
from forge_doctor.code.syntax.prefilter import AnyWord
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.finding import Finding, Related, Severity
from forge_doctor.lint.dataflow.objects.loaded import Loaded, Shape, loaded
from forge_doctor.lint.dataflow.objects.unloaded_relationships import confidence_of, is_unloaded, loading, not_loaded_by

SUSPECT = AnyWord(b"await")
# Who calls a repository may say no word of a database.
EVERYWHERE = True


@check(severity=Severity.ERROR)
def lazy_load_in_async(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Look at the attributes read from names that hold loaded objects."""
    seen: set[tuple[int, str]] = set()
    for read in relationships_read(file, project):
        held = loaded(project, read.value)
        if held is None or held.shape is not Shape.OBJECT:
            continue
        relationship = lazy_relationship(held.model, read.attr)
        function = read.function
        if relationship is None or function is None or is_target(read) or not is_unloaded(held, relationship, read):
            continue
        key = (function.start, read.text)
        if key not in seen:
            seen.add(key)
            yield found(file, project, read, held, relationship)


def relationships_read(file: SourceFile, project: Project) -> Iterator[Attribute]:
    """`user.orders` in async functions, told by the bytes first."""
    names = relationship_names(project)
    for match in reads_of(names).finditer(file.data) if names else ():
        node = file.node_at(match.start(1))
        around = node.parent if isinstance(node, Name) else None
        if isinstance(around, Attribute) and around.attr_node is node:
            function = around.function
            if function is not None and function.is_async:
                yield around


@lru_cache(maxsize=4)
def reads_of(names: frozenset[str]) -> re.Pattern[bytes]:
    """`.relationship` that is no call, for relationships of the project."""
    words = "|".join(map(re.escape, sorted(names))).encode()
    return re.compile(rb"(?<=[\w)\]])\.(" + words + rb")\b(?!\s*\()")


def is_target(attribute: Attribute) -> bool:
    """Whether it is assigned to there."""
    around = attribute.parent
    return isinstance(around, Assign) and attribute in around.targets


def found(file: SourceFile, project: Project, read: Attribute, held: Loaded, relationship: Relationship) -> Finding:
    """The finding, with the option to add to the query."""
    model = held.model.class_.name
    place = relationship.node
    return file.finding(
        lazy_load_in_async,
        read,
        f"`{read.text}` is a relationship that {not_loaded_by(held)}: reading it sends a query outside of an `await` and "
        "fails with MissingGreenlet",
        confidence=confidence_of(project, held, relationship),
        remedy=loading(held, relationship),
        related=(
            Related(
                message="made here" if held.is_made else "loaded here", location=held.call.file.location(held.call)
            ),
            Related(message=f"`{model}.{relationship.name}`", location=place.file.location(place)),
        ),
    )
