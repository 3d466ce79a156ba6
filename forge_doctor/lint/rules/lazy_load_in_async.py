"""A relationship that nobody loaded is read in async code.

Why: reading it sends a query at once, and there is no `await` to send it in: MissingGreenlet
("greenlet_spawn has not been called; can't call await_only() here"). It works as long as a test happens
to have the related rows in its session, and fails in production. The read may stand in a method, a property or the
`__repr__` of the object, or one relationship further. Wrong when something loaded it after all: the query's options, the
model's `lazy=`, a refresh, an assignment or another query that names it are looked for, and a single object that the
session may have already gives no high confidence.

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

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from forge_doctor.check import check
from forge_doctor.code.orm.mapped_attributes import (
    RAISING,
    lazy_relationship,
    proxied,
    proxy_names,
    unreadable_relationship,
)
from forge_doctor.code.semantics.inference.models import Relationship
from forge_doctor.code.semantics.names.marks import Mark
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.semantics.project_outline import marked_functions, relationship_names
from forge_doctor.code.syntax.nodes import Assign, Attribute, Name, Node
from forge_doctor.code.syntax.prefilter import AnyWord
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.code.syntax.stubs import is_test_file
from forge_doctor.code.syntax.text.called_names import is_of_self, places_behind_dot
from forge_doctor.finding import Confidence, Finding, Related, Severity
from forge_doctor.lint.dataflow.expired.handed_reads import PASSED_OVER, HandedRead, arguments_given, reads_of, taker_of
from forge_doctor.lint.dataflow.expired.implicit_reads import (
    SelfRead,
    method_read,
    places_read_through,
    reading_methods,
    self_reads,
    shown_as,
)
from forge_doctor.lint.dataflow.objects.dynamic_collections import query_run
from forge_doctor.lint.dataflow.objects.loaded import loaded
from forge_doctor.lint.dataflow.objects.loaded_objects import Loaded, Shape
from forge_doctor.lint.dataflow.objects.unloaded_relationships import (
    confidence_of,
    is_unloaded,
    loading,
    may_be_there,
    not_loaded_by,
)
from forge_doctor.regex import regex

SUSPECT = AnyWord(b"await")
# Who calls a repository may say no word of a database.
EVERYWHERE = True
LINE_DOES = ("queries",)

CALLED = regex(rb"\s*\(")


@check(severity=Severity.ERROR)
def lazy_load_in_async(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Look at the attributes read from what holds loaded objects, and at what the objects' own methods read."""
    seen: set[tuple[int, str]] = set()
    if not relationship_names(project):
        return
    reads = tuple(relationships_read(file, project))
    for lazy in (*direct_reads(reads, project), *reads_by_methods(file, project), *reads_by_takers(file, project)):
        function = lazy.place.function
        key = (0 if function is None else function.start, lazy.place.text)
        if key not in seen:
            seen.add(key)
            yield found(file, project, lazy)
    yield from of_dynamic_collections(reads, file, project)


class LazyRead(NamedTuple):
    """A relationship read where it sends a query; `by` is the place in a method of the object, or in a function that is given
    it, if that reads it."""

    place: Node
    held: Loaded
    relationship: Relationship
    by: SelfRead | HandedRead | None = None


def direct_reads(reads: Iterable[Attribute], project: Project) -> Iterator[LazyRead]:
    """`user.orders`."""
    for read in reads:
        held = loaded(project, read.value)
        if held is None or held.shape is not Shape.OBJECT:
            continue
        relationship = unreadable_relationship(held.model, proxied(project, held.model, read.attr))
        if relationship is not None and not is_target(read) and is_unloaded(project, held, relationship, read):
            yield LazyRead(read, held, relationship)


def reads_by_methods(file: SourceFile, project: Project) -> Iterator[LazyRead]:
    """`user.total()`, a property, and `f"{user}"`, whose method reads one."""
    names = reading_methods(project)
    for place in places_read_through(file, names) if names else ():
        function = place.function
        held = loaded(project, place) if function is not None and function.is_async else None
        if (
            held is None
            or held.shape in (Shape.ROWS, Shape.KEYED)
            or (held.shape is Shape.MANY and not shown_as(place))
        ):
            continue
        method = method_read(project, held.model, place)
        for one in () if method is None else self_reads(project, method):
            relationship = lazy_relationship(held.model, one.node.attr)
            if relationship is not None and is_unloaded(project, held, relationship, place):
                yield LazyRead(place, held, relationship, one)
                break


def reads_by_takers(file: SourceFile, project: Project) -> Iterator[LazyRead]:
    """`to_dto(user)`, whose function reads one of its parameter."""
    related = relationship_names(project)
    if is_test_file(file):  # whose session has what the test has made
        return
    names = marked_functions(project, Mark.READS_ON) & file.names_called
    for call, place, around in arguments_given(file, names - PASSED_OVER):
        held = loaded(project, place)
        if held is None or held.shape not in (Shape.OBJECT, Shape.MANY):
            continue
        taker = taker_of(project, call, place, around, each=held.shape is Shape.MANY)
        for one in () if taker is None else reads_of(project, taker):
            relationship = relationship_in(project, held, one, related)
            on_the_way = (place, *one.through, one.node)
            if relationship is None or not all(is_unloaded(project, held.one, relationship, at) for at in on_the_way):
                continue
            if not may_be_there(held, relationship, place):
                yield LazyRead(place, held, relationship, one)
                break


def relationship_in(project: Project, held: Loaded, read: HandedRead, names: frozenset[str]) -> Relationship | None:
    """The relationship that is read there, itself or by a method of the object."""
    own = unreadable_relationship(held.model, read.node.attr) if read.node.attr in names else None
    method = None if own is not None else project.method(held.model.class_, read.node.attr)
    inner = () if method is None or method.is_async else self_reads(project, method)
    always = (lazy_relationship(held.model, one.node.attr) for one in inner if not one.is_conditional)
    return own or next((one for one in always if one is not None), None)


def of_dynamic_collections(reads: Iterable[Attribute], file: SourceFile, project: Project) -> Iterator[Finding]:
    """`user.logins.all()` of a `lazy="dynamic"` relationship: its query is sent by a synchronous session."""
    for read in reads:
        place = query_run(read)
        held = None if place is None else loaded(project, read.value)
        relationship = None if held is None else held.model.relationship(read.attr)
        if place is None or held is None or relationship is None or held.shape is not Shape.OBJECT:
            continue
        if relationship.lazy == "dynamic":
            yield file.finding(
                lazy_load_in_async,
                place,
                f"`{read.text}` is a `dynamic` relationship, whose query is sent outside of an `await` and fails with "
                "MissingGreenlet",
                confidence=Confidence.MEDIUM if held.hops else Confidence.HIGH,
                remedy=f'(await session.scalars({read.text}.statement)).all(); or `lazy="write_only"` and '
                f"`{read.text}.select()`",
                related=(Related(message="loaded here", location=held.call.file.location(held.call)),),
            )


def relationships_read(file: SourceFile, project: Project) -> Iterator[Attribute]:
    """`user.orders` in async functions, told by the bytes first."""
    names = file.words.intersection(name.encode() for name in relationship_names(project) | proxy_names(project))
    places = ((place, place + len(name)) for name in names for place in places_behind_dot(file.data, name))
    for start, end in sorted(one for one in places if not is_of_self(file.data, one[0])):
        node = None if CALLED.match(file.data, end) else file.node_at(start)
        around = node.parent if isinstance(node, Name) else None
        if isinstance(around, Attribute) and around.attr_node is node:
            function = around.function
            if function is not None and function.is_async:
                yield around


def is_target(attribute: Attribute) -> bool:
    """Whether it is assigned to there."""
    around = attribute.parent
    return isinstance(around, Assign) and attribute in around.targets


def found(file: SourceFile, project: Project, lazy: LazyRead) -> Finding:
    """The finding, with the option to add to the query."""
    held, relationship = lazy.held, lazy.relationship
    name, declared = f"{held.model.class_.name}.{relationship.name}", relationship.node
    confidence = confidence_of(project, held, relationship, lazy.place)
    related = [
        Related(message="made here" if held.is_made else "loaded here", location=held.call.file.location(held.call)),
        Related(message=f"`{name}`", location=declared.file.location(declared)),
    ]
    what = f"`{lazy.place.text}` is a relationship"
    if isinstance(lazy.place, Attribute) and lazy.place.attr != relationship.name:
        what = f"`{lazy.place.text}` reads `{name}`, a relationship"
    fails = "sends a query outside of an `await` and fails with MissingGreenlet"
    if relationship.lazy in RAISING:
        fails = f'raises InvalidRequestError (`lazy="{relationship.lazy}"`)'
    if isinstance(lazy.by, HandedRead):
        taker = lazy.by.node.function
        each = "each of " if held.shape is Shape.MANY else ""
        what = f"`{'' if taker is None else taker.qualname}` is given {each}`{lazy.place.text}` and reads `{name}`, a relationship"
        confidence = min(confidence, Confidence.MEDIUM)
        related.append(Related(message="read here", location=lazy.by.node.file.location(lazy.by.node)))
    elif lazy.by is not None:
        method = lazy.by.node.function
        what = f"`{lazy.place.text}` runs `{'' if method is None else method.qualname}`, which reads `{name}`, a relationship"
        confidence = min(confidence, Confidence.MEDIUM) if lazy.by.is_conditional else confidence
        related.append(Related(message="read here", location=lazy.by.node.file.location(lazy.by.node)))
    return file.finding(
        lazy_load_in_async,
        lazy.place,
        f"{what} that {not_loaded_by(held, file)}: reading it {fails}",
        confidence=confidence,
        remedy=loading(held, relationship),
        related=tuple(related),
    )
