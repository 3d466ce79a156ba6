"""A collection is loaded by a JOIN, and the result is read without `unique()`.

Why: a joined eager load gives a row for each member of the collection; the ORM refuses to hand out the same object several
times and raises InvalidRequestError: "The unique() method must be invoked on this Result". Every call fails, with one row
as well as with many.

Bad:

    from sqlalchemy import ForeignKey, select
    from sqlalchemy.ext.asyncio import AsyncSession
    from sqlalchemy.orm import DeclarativeBase, Mapped, joinedload, mapped_column, relationship

    class Base(DeclarativeBase): ...

    class Author(Base):
        __tablename__ = "authors"
        id: Mapped[int] = mapped_column(primary_key=True)
        books: Mapped[list["Book"]] = relationship()

    class Book(Base):
        __tablename__ = "books"
        id: Mapped[int] = mapped_column(primary_key=True)
        author_id: Mapped[int] = mapped_column(ForeignKey("authors.id"))

    async def authors(session: AsyncSession):
        result = await session.execute(select(Author).options(joinedload(Author.books)))
        return result.scalars().all()

Good:

    from sqlalchemy import ForeignKey, select
    from sqlalchemy.ext.asyncio import AsyncSession
    from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, selectinload

    class Base(DeclarativeBase): ...

    class Author(Base):
        __tablename__ = "authors"
        id: Mapped[int] = mapped_column(primary_key=True)
        books: Mapped[list["Book"]] = relationship()

    class Book(Base):
        __tablename__ = "books"
        id: Mapped[int] = mapped_column(primary_key=True)
        author_id: Mapped[int] = mapped_column(ForeignKey("authors.id"))

    async def authors(session: AsyncSession):
        result = await session.execute(select(Author).options(selectinload(Author.books)))
        return result.scalars().all()

Wrong when: the attribute is a single object (many-to-one), the statement is another one by then, or `unique()` is called
    on the way: only an annotated list, set or dict counts, or what foreign keys make a collection where nothing is
    annotated; a statement that is fully seen, and a result that goes nowhere else. `first()` and `scalar()` do not ask
    for it.
Source: https://docs.sqlalchemy.org/en/20/orm/queryguide/relationships.html#joined-eager-loading (which methods raise was
    seen with 2.0.30 and 2.1.9)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from forge_doctor.check import check
from forge_doctor.code.orm.related_model import holds_many
from forge_doctor.code.orm.statements import Sql, sql_of
from forge_doctor.code.semantics.inference.models import Model
from forge_doctor.code.semantics.library.kinds import Kind
from forge_doctor.code.semantics.names.reaching import reaching
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.matched_calls import end_of_chain
from forge_doctor.code.syntax.nodes import Assign, Attribute, Await, Call, ClassDef, Name, Node
from forge_doctor.code.syntax.prefilter import AnyCall
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.finding import Confidence, Finding, Related, Severity

SUSPECT = AnyCall("execute", "scalars")
LINE_DOES = ("holds",)
RAISING = frozenset({"all", "one", "one_or_none", "fetchall", "scalar_one", "scalar_one_or_none"})
STEPS = frozenset({"scalars", "mappings", "columns", "tuples"})
JOINING = frozenset({"joinedload", "contains_eager"})
SESSIONS = frozenset({Kind.ASYNC_SESSION, Kind.ASYNC_SCOPED, Kind.SESSION, Kind.SCOPED})


class Joined(NamedTuple):
    """A collection, and where it is said that a JOIN loads it."""

    text: str
    node: Node


@check(severity=Severity.ERROR)
def joined_collection_without_unique(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Look at every statement that a session executes, and at what its result is asked."""
    for call in file.calls("execute", "scalars"):
        receiver = call.receiver
        sql = sql_of(project, call.argument(0, "statement"))
        if receiver is None or sql.verb != "select" or not sql.understood or len(sql.entities) != 1:
            continue
        model = project.model_of(sql.entities[0])
        if model is None or not isinstance(sql.entities[0], Name):
            continue
        joined = joined_by_option(project, model, sql) or joined_by_mapping(project, model, sql)
        value = project.known(receiver)
        if joined is None or value.kind not in SESSIONS or value.confidence is Confidence.LOW:
            continue
        if isinstance(value.definition, ClassDef) and project.method(value.definition, call.method) is not None:
            continue  # a session of the project's own, which may make them unique
        for end in ends(project, call):
            yield found(file, end, joined, value.confidence)


def joined_by_mapping(project: Project, model: Model, sql: Sql) -> Joined | None:
    """A collection that the model itself loads by a JOIN, and no option says anything of."""
    for one in model.relationships:
        if one.lazy == "joined" and holds_many(project, model, one) and ".options(" not in sql.text:
            return Joined(f"{model.class_.name}.{one.name}", one.node)
    return None


def joined_by_option(project: Project, model: Model, sql: Sql) -> Joined | None:
    """`Author.books` in an option that loads it by a JOIN, if it is a collection of the model itself."""
    for part in sql.parts:
        for call in part.find(Call):
            if (
                call.method not in JOINING
                or not call.args
                or not project.qualified(call.func).startswith("sqlalchemy.")
            ):
                continue
            given = call.args[0]
            if not isinstance(given, Attribute) or project.model_of(given.value) != model:
                continue
            relationship = model.relationship(given.attr)
            if relationship is not None and holds_many(project, model, relationship):
                return Joined(given.text, given)
    return None


def ends(project: Project, call: Call) -> Iterator[Call]:
    """The methods that fetch, called on the result: in the same chain, or on the name that it is bound to."""
    start: Node = call.parent if isinstance(call.parent, Await) else call
    last = end_of_chain(start)
    if last is not start:
        if isinstance(last, Call) and is_raising(last, start):
            yield last
        return
    bound = start.parent
    if not isinstance(bound, Assign) or not isinstance(bound.target, Name) or bound.function is None:
        return
    uses = [
        one for one in bound.function.find(Name, nested=False) if one.id == bound.target.id and one is not bound.target
    ]
    read = [end_of_chain(one) for one in uses]
    # Where anything else is done with it, somebody may have made it unique.
    if not all(isinstance(one, Call) and method_of(one) for one in read) or any(b"unique" in raw(one) for one in read):
        return
    found_at = project.scopes(bound.file).lookup(bound.target.id, bound.target)
    for use, one in zip(uses, read, strict=True):
        bindings = reaching(found_at[1], use) if found_at is not None else ()
        if len(bindings) == 1 and bindings[0].node is bound and isinstance(one, Call) and is_raising(one, use):
            yield one
            return


def method_of(call: Node) -> str:
    """What a call in a chain is of."""
    return call.method if isinstance(call, Call) else ""


def is_raising(last: Call, start: Node) -> bool:
    """Whether the chain asks for objects that are not unique, and for nothing else before."""
    between = last.receiver
    while isinstance(between, Call) and between is not start:
        if between.method not in STEPS:
            return False
        between = between.receiver
    return last.method in RAISING and b"unique" not in raw(last)


def raw(node: Node) -> bytes:
    """The text of a node."""
    return node.file.data[node.start : node.end]


def found(file: SourceFile, end: Call, joined: Joined, confidence: Confidence) -> Finding:
    """The finding at the method that raises."""
    receiver = end.receiver
    before = receiver.text if receiver is not None and receiver.text.isidentifier() else "..."
    return file.finding(
        joined_collection_without_unique,
        end,
        f"`{joined.text}` is a collection loaded by a JOIN: `{end.method}()` raises InvalidRequestError unless `unique()` "
        "is called before it",
        confidence=confidence,
        remedy=f"selectinload({joined.text}), which needs no JOIN; or {before}.unique().{end.method}()",
        related=(Related(message="loaded by a JOIN here", location=joined.node.file.location(joined.node)),),
    )
