"""A datetime with a time zone meets a column without one, and asyncpg refuses it.

Why: `DateTime` and `Mapped[datetime]` stand for TIMESTAMP WITHOUT TIME ZONE, and asyncpg encodes no aware datetime as that:
DataError "invalid input for query argument (can't subtract offset-naive and offset-aware datetimes)". The insert, update or
comparison fails whenever it is sent; psycopg and SQLite take the same value without a word, so that tests pass.

Bad:

    from datetime import UTC, datetime
    from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
    from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

    engine = create_async_engine("postgresql+asyncpg://localhost/shop")

    class Base(DeclarativeBase): ...

    class Order(Base):
        __tablename__ = "orders"
        id: Mapped[int] = mapped_column(primary_key=True)
        paid_at: Mapped[datetime | None]

    async def pay(db: AsyncSession, order: Order):
        order.paid_at = datetime.now(UTC)
        await db.commit()

Good:

    from datetime import UTC, datetime
    from sqlalchemy import DateTime
    from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
    from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

    engine = create_async_engine("postgresql+asyncpg://localhost/shop")

    class Base(DeclarativeBase): ...

    class Order(Base):
        __tablename__ = "orders"
        id: Mapped[int] = mapped_column(primary_key=True)
        paid_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    async def pay(db: AsyncSession, order: Order):
        order.paid_at = datetime.now(UTC)
        await db.commit()

Wrong when: another driver sends it, or the type takes the zone off. A URL of the project must name asyncpg; of the
project's own types only a TypeDecorator that sends values as they are is judged, a `type_annotation_map` is not; where there is a
synchronous engine as well, only functions are judged that work with an async session and no other.

Source: https://docs.sqlalchemy.org/en/20/core/type_basics.html#sqlalchemy.types.DateTime (timezone);
https://github.com/MagicStack/asyncpg/issues/1139; tried with SQLAlchemy 2.1.9, asyncpg 0.32 and PostgreSQL 15: insert, update
and `where` failed so
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from forge_doctor.check import check
from forge_doctor.code.orm.column_types import is_for_asyncpg, time_names, zone_declared, zone_of_column
from forge_doctor.code.semantics.datetimes import Zone, made_by, zone_of
from forge_doctor.code.semantics.library.kinds import Kind
from forge_doctor.code.semantics.names.marks import Mark
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.semantics.project_outline import marked_contents
from forge_doctor.code.syntax.nodes import Assign, Attribute, Call, Compare, FunctionDef, Name, Node
from forge_doctor.code.syntax.prefilter import AnyWord
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.code.syntax.stubs import is_test_file
from forge_doctor.finding import Confidence, Finding, Severity
from forge_doctor.lint.dataflow.objects.column_places import given_to_columns, read_of_something
from forge_doctor.lint.dataflow.sessions.transactions import calls_of
from forge_doctor.regex import regex

SUSPECT = AnyWord(b"datetime", b"tzinfo", b"now(", b"utc")
# Who gives a model its values may say no word of a database.
EVERYWHERE = True
LINE_DOES = ("queries",)
SYNC_ENGINE = regex(rb"\bcreate_engine\s*\(")
MAKING = ("default", "onupdate", "default_factory", "insert_default")


@check(severity=Severity.ERROR)
def aware_datetime_in_naive_column(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Look at what columns without a time zone are given, made with, and compared to."""
    names = time_names(project).intersection(one.decode("utf-8", "replace") for one in file.words)
    if not names or is_test_file(file) or not is_for_asyncpg(project):
        return
    has_sync = has_sync_engine(project)
    for place, model, column, does in (*of_declarations(file, project), *of_values(file, project, names)):
        function = place.function
        if has_sync and (function is None or not works_async(project, function)):
            continue
        yield file.finding(
            aware_datetime_in_naive_column,
            place,
            f"{does} a datetime with a time zone, and `{model}.{column}` is TIMESTAMP WITHOUT TIME ZONE: asyncpg refuses it "
            "with DataError (can't subtract offset-naive and offset-aware datetimes)",
            confidence=Confidence.MEDIUM if has_sync or function is None else Confidence.HIGH,
            remedy="`DateTime(timezone=True)` for the column, with a migration, or `.replace(tzinfo=None)` for the value",
        )


def has_sync_engine(project: Project) -> bool:
    """Whether the project makes a synchronous engine somewhere, whose driver may take what asyncpg refuses."""
    return any(SYNC_ENGINE.search(data) is not None for data in marked_contents(project, Mark.ENGINES))


def works_async(project: Project, function: FunctionDef) -> bool:
    """Whether a function calls an async session, and no other."""
    receivers = [one.receiver for one in calls_of(function) if one.receiver is not None]
    kinds = {project.known(one).kind for one in receivers if isinstance(one, Name | Attribute)}
    return any(one.is_async_session for one in kinds) and not any(one.is_sync_session for one in kinds)


def of_declarations(file: SourceFile, project: Project) -> Iterator[tuple[Node, str, str, str]]:
    """`mapped_column(default=lambda: datetime.now(UTC))`."""
    for class_ in project.scopes(file).classes if file.mentions(b"default", b"onupdate") else ():
        model = project.model(class_)
        for assign in class_.body if model is not None else ():
            made = assign.value if isinstance(assign, Assign) else None
            if not isinstance(assign, Assign) or not isinstance(made, Call) or model is None:
                continue
            inner = made.keyword("sa_column")
            making = [
                one for call in (made, inner) if isinstance(call, Call) for one in call.keywords if one.name in MAKING
            ]
            aware = [one for one in making if Zone.AWARE in (made_by(project, one.value), zone_of(project, one.value))]
            if aware and zone_declared(project, model, assign) is Zone.NAIVE:
                yield assign, class_.name, assign.target.text, f"`{aware[0].name}=` gives"


def of_values(file: SourceFile, project: Project, names: frozenset[str]) -> Iterator[tuple[Node, str, str, str]]:
    """What columns are given, and compared to in queries."""
    for given in given_to_columns(file, project, names, partial(is_aware, project)):
        if zone_of_column(project, given.model, given.column) is Zone.NAIVE:
            yield given.place, given.model.class_.name, given.column, f"`{given.column}` is given"
    for name in sorted(names):
        for read in read_of_something(file, name):
            if project.value_of(read.value).kind is not Kind.CLASS or not any(
                is_aware(project, one) for one in compared_to(read)
            ):
                continue
            model = project.model_of(read.value)
            if model is not None and zone_of_column(project, model, name) is Zone.NAIVE:
                yield read, model.class_.name, name, f"`{read.text}` is compared to"


def is_aware(project: Project, value: Node) -> bool:
    """Whether a value surely has a time zone."""
    return zone_of(project, value) is Zone.AWARE


def compared_to(read: Attribute) -> tuple[Node, ...]:
    """What a column stands against: `Token.expires_at < now`, `Token.expires_at.between(start, end)`."""
    around = read.parent
    if isinstance(around, Compare):
        return tuple(one for one in around.children if one is not read)
    call = around.parent if isinstance(around, Attribute) and around.attr == "between" else None
    return call.args if isinstance(call, Call) and call.func is around else ()
