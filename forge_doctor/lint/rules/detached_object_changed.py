"""An object is changed when its session is closed, and another session commits.

Why: leaving `async with Session() as db:` takes all objects out of the session. A change of one of them afterwards raises no
error, and the commit of the next session sends no UPDATE for it: that session has never seen the object. This comes where one
long session was split into two short ones, around a call of another service.

Bad:

    from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
    from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

    Session = async_sessionmaker(create_async_engine("postgresql+asyncpg://localhost/shop"), expire_on_commit=False)

    class Base(DeclarativeBase): ...

    class Order(Base):
        __tablename__ = "orders"
        id: Mapped[int] = mapped_column(primary_key=True)
        state: Mapped[str]

    async def pay(number: int, shop):
        async with Session() as db:
            order = await db.get_one(Order, number)
        await shop.charge(order.id)
        async with Session() as db:
            order.state = "paid"
            await db.commit()

Good:

    from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
    from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

    Session = async_sessionmaker(create_async_engine("postgresql+asyncpg://localhost/shop"), expire_on_commit=False)

    class Base(DeclarativeBase): ...

    class Order(Base):
        __tablename__ = "orders"
        id: Mapped[int] = mapped_column(primary_key=True)
        state: Mapped[str]

    async def pay(number: int, shop):
        async with Session() as db:
            order = await db.get_one(Order, number)
        await shop.charge(order.id)
        async with Session() as db:
            order = await db.get_one(Order, number)
            order.state = "paid"
            await db.commit()

Wrong when: the object comes to the other session (`db.add(order)`, `await db.merge(order)`), or a statement sends the same. Told
is only a column of an object whose own block was left, set in a block that commits, where nothing is given the object in
between, no statement is built that may write, and no other object is given a value for the same column.

Source: https://docs.sqlalchemy.org/en/20/orm/session_state_management.html (detached); xr843/fojin#654; tried with SQLAlchemy
2.1.9: the second session sent nothing
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.code.orm.mapped_attributes import column
from forge_doctor.code.semantics.library.kinds import Kind
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Assign, Attribute, Call, FunctionDef, Name, With
from forge_doctor.code.syntax.prefilter import AnyWord
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.code.syntax.stubs import is_test_file
from forge_doctor.finding import Confidence, Finding, Related, Severity
from forge_doctor.lint.dataflow.control_flow import within_function
from forge_doctor.lint.dataflow.objects.loaded import loaded
from forge_doctor.lint.dataflow.objects.loaded_objects import Loaded, Shape
from forge_doctor.lint.dataflow.sessions.transactions import begin_blocks, calls_between, opened_by
from forge_doctor.regex import regex

SUSPECT = AnyWord(b"async with")
LINE_DOES = ("commits",)
WRITING = regex(rb"\bupdate\(|\binsert\(|\.values\(|\btext\(|make_transient|\.add_all\(|\.merge\(")
SESSIONS = frozenset({Kind.ASYNC_SESSION, Kind.ASYNC_SCOPED})


@check(severity=Severity.ERROR)
def detached_object_changed(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Look at what functions with two blocks of sessions set of objects."""
    if is_test_file(file):
        return
    for function in project.scopes(file).functions:
        if not function.is_async or file.data.count(b"async with", function.start, function.end) < 2:
            continue
        told: set[str] = set()
        for assign in function.find(Assign, nested=False):
            target = assign.target
            if not isinstance(target, Attribute) or not isinstance(target.value, Name) or target.value.id in told:
                continue
            committed = committed_around(project, function, assign)
            held = left_behind(project, function, target.value, assign) if committed is not None else None
            if committed is None or held is None or column(project, held.model, target.attr) is None:
                continue
            if not is_taken_along(function, held, target.value) and not is_set_elsewhere(function, target):
                told.add(target.value.id)
                yield found(file, target, held, committed)


def committed_around(project: Project, function: FunctionDef, assign: Assign) -> Call | None:
    """What commits the session of the block that an assignment stands in."""
    blocks = [one for one in within_function(assign) if isinstance(one, With) and one.is_async]
    begun = next(iter(begin_blocks(project, assign)), None)
    if begun is not None:
        return None if begun.is_nested else begun.opener
    for block in blocks:
        names = [item.target for item in block.items if isinstance(item.target, Name)]
        sessions = {one.id for one in names if project.value_of(one).kind in SESSIONS}
        for call in calls_between(function, assign.end, block.end):
            if call.method == "commit" and call.receiver is not None and call.receiver.text in sessions:
                return call
    return None


def left_behind(project: Project, function: FunctionDef, name: Name, assign: Assign) -> Loaded | None:
    """The object, where the block of the session that loaded it has ended before."""
    held = loaded(project, name)
    if (
        held is None
        or held.shape is not Shape.OBJECT
        or held.is_made
        or held.path
        or held.call.function is not function
    ):
        return None
    block = opened_by(held.session) if isinstance(held.session, Name) else None
    return held if block is not None and block.end < assign.start else None


def is_taken_along(function: FunctionDef, held: Loaded, name: Name) -> bool:
    """Whether anything behind the query may bring the object, or what it came in, to another session, or write by itself."""
    if WRITING.search(function.file.data, held.call.end, function.end) is not None:
        return True
    for call in calls_between(function, held.call.end, function.end):
        given = (*call.args, *(one.value for one in call.keywords))
        if any(isinstance(one, Name) and one.id == name.id for one in given):
            return True
        if call.method == "add":
            return True
    return False


def is_set_elsewhere(function: FunctionDef, target: Attribute) -> bool:
    """Whether another object of the function is given a value for the same column: this one may only follow it."""
    targets = (one for assign in function.find(Assign, nested=False) for one in assign.targets)
    return any(
        isinstance(one, Attribute) and one.attr == target.attr and one.value.text != target.value.text
        for one in targets
    )


def found(file: SourceFile, target: Attribute, held: Loaded, committed: Call) -> Finding:
    """The finding, where the object is changed."""
    return file.finding(
        detached_object_changed,
        target,
        f"`{target.value.text}` was loaded with a session whose block has ended: `{committed.func.text}()` in line "
        f"{committed.line} is of another session, which sends no UPDATE for `{held.model.class_.name}.{target.attr}`",
        confidence=Confidence.MEDIUM,
        remedy=f"load `{target.value.text}` again in this block, `{target.value.text} = await db.merge({target.value.text})`, or send "
        "an UPDATE",
        related=(Related(message="loaded here", location=file.location(held.call)),),
    )
