"""A page is taken of rows that have no order.

Why: without ORDER BY the server gives rows as it finds them, and that changes with every update, vacuum and plan. So
`.offset(20).limit(10)` gives rows of the page before again, and leaves others out on every page; how often grows with how much
is written.

Bad:

    from sqlalchemy import select
    from sqlalchemy.ext.asyncio import AsyncSession
    from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

    class Base(DeclarativeBase): ...

    class Order(Base):
        __tablename__ = "orders"
        id: Mapped[int] = mapped_column(primary_key=True)

    async def page(db: AsyncSession, offset: int):
        return (await db.scalars(select(Order).offset(offset).limit(50))).all()

Good:

    from sqlalchemy import select
    from sqlalchemy.ext.asyncio import AsyncSession
    from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

    class Base(DeclarativeBase): ...

    class Order(Base):
        __tablename__ = "orders"
        id: Mapped[int] = mapped_column(primary_key=True)

    async def page(db: AsyncSession, offset: int):
        return (await db.scalars(select(Order).order_by(Order.id).offset(offset).limit(50))).all()

Wrong when: the order comes from elsewhere. The whole statement has to stand in the function, and the word `order_by` nowhere in
it; what the statement is given to is looked at as well.

Source: https://www.postgresql.org/docs/current/queries-limit.html; uriyyo/fastapi-pagination#306; ClearskyApp06/ClearSky#146;
tried with PostgreSQL 15: after an update of one row two pages of fifty had it twice
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.code.orm.statements import sql_of
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Attribute, Constant
from forge_doctor.code.syntax.prefilter import AnyCall
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.code.syntax.stubs import is_test_file
from forge_doctor.finding import Confidence, Finding, Severity
from forge_doctor.regex import regex

SUSPECT = AnyCall("offset")
ORDERING = regex(rb"order_by|\.sort")
LINE_DOES = ("queries",)


@check(severity=Severity.WARNING)
def page_without_order(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Look at every statement that leaves rows out at its beginning."""
    for call in () if is_test_file(file) else file.calls("offset"):
        function = call.function
        if function is None or not function.is_async or not call.args or isinstance(call.args[0], Constant):
            continue
        sql = sql_of(project, call)
        entity = sql.entities[0] if sql.entities else None
        root = entity.value if isinstance(entity, Attribute) else entity
        model = None if root is None else project.model_of(root)
        if sql.verb != "select" or not sql.understood or model is None or root is None:
            continue
        if ORDERING.search(file.data, function.start, function.end) is None:
            yield file.finding(
                page_without_order,
                call,
                f"`.offset({call.args[0].text})` of `{root.text}` without an `order_by()`: the server gives rows in any order, "
                "so that a page may have rows of the one before, and no page others",
                confidence=Confidence.MEDIUM,
                remedy=f".order_by({root.text}.{key_of(model.columns)})  # in front of the offset",
            )


def key_of(columns: tuple[str, ...]) -> str:
    """The column to order by, as far as names tell."""
    return "id" if "id" in columns or not columns else columns[0]
