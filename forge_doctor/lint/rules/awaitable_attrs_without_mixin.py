"""`awaitable_attrs` is read of a mapped class that does not have it.

Why: `awaitable_attrs` comes from the mixin AsyncAttrs. A mapped class without it raises AttributeError where the attribute
is read, which is often a path that is taken seldom.

Bad:

    from sqlalchemy.ext.asyncio import AsyncSession
    from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

    class Base(DeclarativeBase): ...

    class Author(Base):
        __tablename__ = "authors"
        id: Mapped[int] = mapped_column(primary_key=True)
        books: Mapped[list["Book"]] = relationship()

    async def books(session: AsyncSession, key: int):
        author = await session.get(Author, key)
        return await author.awaitable_attrs.books

Good:

    from sqlalchemy.ext.asyncio import AsyncAttrs, AsyncSession
    from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

    class Base(AsyncAttrs, DeclarativeBase): ...

    class Author(Base):
        __tablename__ = "authors"
        id: Mapped[int] = mapped_column(primary_key=True)
        books: Mapped[list["Book"]] = relationship()

    async def books(session: AsyncSession, key: int):
        author = await session.get(Author, key)
        return await author.awaitable_attrs.books

Wrong when: a base class that is not in sight has the mixin: only a class all of whose bases are seen counts.
Source: https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html#sqlalchemy.ext.asyncio.AsyncAttrs
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.code.semantics.library.kinds import Kind
from forge_doctor.code.semantics.literals import followed
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Attribute, Call, ClassDef, Name
from forge_doctor.code.syntax.prefilter import WordsThen
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.finding import Confidence, Finding, Related, Severity
from forge_doctor.lint.dataflow.objects.loaded import loaded
from forge_doctor.lint.dataflow.objects.loaded_objects import Shape

SUSPECT = WordsThen(rb"\.\s*awaitable_attrs\b", b"awaitable_attrs")
LINE_DOES = ("queries",)
# Bases of SQLAlchemy that mapped classes have, none of which brings the attribute.
PLAIN = ("sqlalchemy.orm.", "sqlalchemy.ext.declarative.", "sqlmodel.")


@check(severity=Severity.ERROR)
def awaitable_attrs_without_mixin(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Look at every reading of the attribute."""
    for match in SUSPECT.finditer(file.data):
        place = file.node_at(match.end() - 1)
        read = place.parent if place is not None and not isinstance(place, Attribute) else place
        if not isinstance(read, Attribute) or read.attr != "awaitable_attrs":
            continue
        held = loaded(project, read.value)
        class_ = held.model.class_ if held is not None and held.shape is Shape.OBJECT else None
        if class_ is not None and surely_lacks(project, class_):
            yield file.finding(
                awaitable_attrs_without_mixin,
                read,
                f"`{class_.name}` has no `awaitable_attrs`: none of its bases is AsyncAttrs, the line fails with AttributeError",
                confidence=Confidence.HIGH,
                remedy="class Base(AsyncAttrs, DeclarativeBase): ...   # from sqlalchemy.ext.asyncio import AsyncAttrs",
                related=(Related(message="the class is here", location=class_.file.location(class_)),),
            )


def surely_lacks(project: Project, class_: ClassDef, depth: int = 0) -> bool:
    """Whether all bases are seen, and none is AsyncAttrs or says the name."""
    if depth > 8 or b"awaitable_attrs" in class_.file.data[class_.start : class_.end] or not class_.bases:
        return False
    return all(_lacks(project, base, depth) for base in class_.bases)


def _lacks(project: Project, base: object, depth: int) -> bool:
    if not isinstance(base, Name | Attribute):
        return False
    value = project.value_of(base)
    if value.kind is Kind.CLASS and isinstance(value.inner.definition, ClassDef):
        return surely_lacks(project, value.inner.definition, depth + 1)
    if project.qualified(base).startswith(PLAIN):
        return True
    made = followed(project, base)
    return isinstance(made, Call) and project.qualified(made.func).startswith(PLAIN) and not made.args and is_bare(made)


def is_bare(made: Call) -> bool:
    """Whether `declarative_base()` is given no class that may have it."""
    return made.method == "declarative_base" and all(one.name and one.name != "cls" for one in made.keywords)
