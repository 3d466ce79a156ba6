"""A column that the query left out is read in async code.

Why: `load_only()`, `defer()` and `deferred=True` leave columns out, and reading one of them sends a query at once: there is
no `await` to send it in, and it fails with MissingGreenlet ("greenlet_spawn has not been called; can't call await_only()
here"). A response model reads them too. It works where the object happens to be in the session already.

Bad:

    from sqlalchemy import select
    from sqlalchemy.ext.asyncio import AsyncSession
    from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

    class Base(DeclarativeBase): ...

    class Paper(Base):
        __tablename__ = "papers"
        id: Mapped[int] = mapped_column(primary_key=True)
        body: Mapped[str] = mapped_column(deferred=True)

    async def text_of(db: AsyncSession, paper_id: int):
        paper = (await db.execute(select(Paper).where(Paper.id == paper_id))).scalar_one()
        return paper.body

Good:

    from sqlalchemy import select
    from sqlalchemy.ext.asyncio import AsyncSession
    from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, undefer

    class Base(DeclarativeBase): ...

    class Paper(Base):
        __tablename__ = "papers"
        id: Mapped[int] = mapped_column(primary_key=True)
        body: Mapped[str] = mapped_column(deferred=True)

    async def text_of(db: AsyncSession, paper_id: int):
        query = select(Paper).where(Paper.id == paper_id).options(undefer(Paper.body))
        paper = (await db.execute(query)).scalar_one()
        return paper.body

Wrong when: something loaded it after all. Other options of the query, a refresh, an assignment and another query of the
model in the same functions are looked for; an object that the session may hold whole already gives no high confidence
where only the query leaves the column out.

Source: https://docs.sqlalchemy.org/en/20/orm/queryguide/columns.html (limiting which columns load);
https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html#preventing-implicit-io-when-using-asyncsession
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Assign, Attribute, Name, Node
from forge_doctor.code.syntax.prefilter import AnyWord
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.code.syntax.text.called_names import is_of_self, places_behind_dot
from forge_doctor.finding import Finding, Related, Severity
from forge_doctor.lint.dataflow.objects.loaded import loaded
from forge_doctor.lint.dataflow.objects.loaded_objects import Loaded, Shape
from forge_doctor.lint.dataflow.objects.unloaded_columns import LeftOut, left_out, names_left_out
from forge_doctor.lint.dataflow.response_models import fields, objects_read

SUSPECT = AnyWord(b"await", b"async")
# Who calls a repository may say no word of a database.
EVERYWHERE = True
LINE_DOES = ("queries",)


@check(severity=Severity.ERROR)
def column_not_loaded(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Look at the columns read from loaded objects, and at what response models read."""
    names = frozenset(one for one in names_left_out(project) if one.encode() in file.words)
    if not names:
        return
    for place, name, held in (*direct_reads(file, project, names), *fields_read(file, project, names)):
        missing = left_out(project, held, name, place)
        if missing is not None:
            yield found(file, place, name, held, missing)


def direct_reads(file: SourceFile, project: Project, names: frozenset[str]) -> Iterator[tuple[Node, str, Loaded]]:
    """`paper.body` in async functions."""
    places = (place for name in names for place in places_behind_dot(file.data, name.encode()))
    for start in sorted(place for place in places if not is_of_self(file.data, place)):
        node = file.node_at(start)
        read = node.parent if isinstance(node, Name) else None
        if not isinstance(read, Attribute) or read.attr_node is not node or is_target(read):
            continue
        function = read.function
        held = loaded(project, read.value) if function is not None and function.is_async else None
        if held is not None and held.shape is Shape.OBJECT:
            yield read, read.attr, held


def is_target(read: Attribute) -> bool:
    """Whether it is assigned to there."""
    around = read.parent
    return isinstance(around, Assign) and read in around.targets


def fields_read(file: SourceFile, project: Project, names: frozenset[str]) -> Iterator[tuple[Node, str, Loaded]]:
    """What response models read of the objects that are returned or validated."""
    for node, class_ in objects_read(file, project):
        own = names.intersection(fields(project, class_) or ())
        held = loaded(project, node) if own else None
        if held is not None and held.shape not in (Shape.ROWS, Shape.KEYED):
            yield from ((node, name, held) for name in sorted(own))


def found(file: SourceFile, place: Node, name: str, held: Loaded, missing: LeftOut) -> Finding:
    """The finding, where the column is read."""
    return file.finding(
        column_not_loaded,
        place,
        f"`{held.model.class_.name}.{name}` is read, which {missing.by} leaves out of the query {held.place_for(file)}: "
        "reading it sends a query outside of an `await` and fails with MissingGreenlet",
        confidence=missing.confidence,
        remedy=missing.remedy,
        related=(
            Related(message="loaded here", location=held.call.file.location(held.call)),
            Related(message="the column", location=missing.declared.file.location(missing.declared)),
        ),
    )
