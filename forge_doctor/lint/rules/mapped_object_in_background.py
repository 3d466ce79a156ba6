"""A mapped object is handed to a background task that reads a relationship nobody has loaded.

Why: the task runs when the request is over and its session is closed or in other hands. Reading a relationship that was
not loaded sends a query then: MissingGreenlet, or DetachedInstanceError. FastAPI logs it after the client has been told
that all is well.

Bad:

    from fastapi import BackgroundTasks, FastAPI
    from sqlalchemy import ForeignKey
    from sqlalchemy.ext.asyncio import AsyncSession
    from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

    class Base(DeclarativeBase): ...

    class House(Base):
        __tablename__ = "house"
        id: Mapped[int] = mapped_column(primary_key=True)
        beds: Mapped[list["Bed"]] = relationship()

    class Bed(Base):
        __tablename__ = "bed"
        id: Mapped[int] = mapped_column(primary_key=True)
        house_id: Mapped[int] = mapped_column(ForeignKey("house.id"))

    def announce(house: House):
        return len(house.beds)

    async def publish(number: int, tasks: BackgroundTasks, session: AsyncSession):
        house = await session.get_one(House, number)
        tasks.add_task(announce, house)

Good:

    from fastapi import BackgroundTasks
    from sqlalchemy.ext.asyncio import AsyncSession

    async def announce(number: int): ...

    async def publish(number: int, tasks: BackgroundTasks, session: AsyncSession):
        tasks.add_task(announce, number)

Wrong when: the relationship has been loaded. The query, its options, what the request does with the object before and
what the task does are read; anything that names the relationship keeps this rule silent.

Source: https://docs.sqlalchemy.org/en/20/errors.html#error-bhk3; DataJunction/dj#1492; with FastAPI 0.165.0 and
SQLAlchemy 2.1.9 the task failed with MissingGreenlet after the response had been sent
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.code.semantics.inference.models import Relationship
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Attribute, Call, ComprehensionFor, For, FunctionDef, Keyword, Name, Node
from forge_doctor.code.syntax.prefilter import AnyWord
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.code.syntax.stubs import is_test_file
from forge_doctor.finding import Confidence, Finding, Related, Severity
from forge_doctor.lint.dataflow.objects.loaded import loaded
from forge_doctor.lint.dataflow.objects.loaded_objects import Loaded, Shape
from forge_doctor.lint.dataflow.objects.unloaded_relationships import confidence_of, is_unloaded
from forge_doctor.lint.dataflow.use_def import param_reads, reads_of

SUSPECT = AnyWord(b"add_task", b"BackgroundTask(", b"create_task", b"ensure_future")
# Who calls a service may say no word of a database.
EVERYWHERE = True
LINE_DOES = ("queries",)


@check(severity=Severity.ERROR)
def mapped_object_in_background(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Look at the objects that are handed to tasks."""
    if is_test_file(file):
        return
    for call in file.calls("add_task", "BackgroundTask", "create_task", "ensure_future"):
        for function, param, given in handed(project, call):
            held = loaded(project, given)
            read = (
                None
                if held is None or held.shape not in (Shape.OBJECT, Shape.MANY)
                else unloaded_read(project, function, param, held)
            )
            if held is not None and read is not None:
                yield found(file, project, call, given, held, function, *read)
                break


def handed(project: Project, call: Call) -> Iterator[tuple[FunctionDef, str, Node]]:
    """The arguments that go to the function of a task, with the parameter each goes to."""
    starts = call.args[0] if call.args else None
    function: Node | None
    if isinstance(starts, Call) and starts.args and project.qualified(starts.func) == "functools.partial":
        function, given, named = project.value_of(starts.args[0]).definition, starts.args[1:], starts.keywords
    elif isinstance(starts, Call):  # create_task(f(x))
        function, given, named = project.called(starts), starts.args, starts.keywords
    else:
        function = None if starts is None else project.value_of(starts).definition
        given, named = call.args[1:], call.keywords
    if not isinstance(function, FunctionDef):
        return
    names = function.param_names[1:] if function.is_method else function.param_names
    yield from ((function, name, one) for name, one in zip(names, given, strict=False))
    yield from ((function, one.name, one.value) for one in named if isinstance(one, Keyword) and one.name in names)


def unloaded_read(
    project: Project, function: FunctionDef, param: str, held: Loaded
) -> tuple[Relationship, Attribute] | None:
    """A relationship that the task reads of the object and nothing has loaded."""
    for read in object_reads(project, function, param, held):
        attribute = read.parent
        if not isinstance(attribute, Attribute) or attribute.value is not read:
            continue
        relationship = held.model.relationship(attribute.attr)
        if (
            relationship is not None
            and relationship.loads_on_access
            and is_unloaded(project, held, relationship, attribute)
        ):
            return relationship, attribute
    return None


def object_reads(project: Project, function: FunctionDef, param: str, held: Loaded) -> Iterator[Name]:
    """The reads of the object in the task: of its parameter, or where that is a list, of the names of loops over it."""
    for read in param_reads(project, function, param):
        if not isinstance(read, Name):
            continue
        loop = read.parent
        if held.shape is Shape.OBJECT:
            yield read
        elif isinstance(loop, For | ComprehensionFor) and loop.iter is read and isinstance(loop.target, Name):
            yield from reads_of(project, loop.target, loop)


def found(
    file: SourceFile,
    project: Project,
    call: Call,
    given: Node,
    held: Loaded,
    function: FunctionDef,
    relationship: Relationship,
    read: Attribute,
) -> Finding:
    """The finding, where the object is handed over."""
    return file.finding(
        mapped_object_in_background,
        call,
        f"{function.name}() runs when the request is over and reads `{read.text}`, which nothing has loaded of "
        f"`{given.text}`: MissingGreenlet or DetachedInstanceError, after the client has been answered",
        confidence=min(confidence_of(project, held, relationship, read), Confidence.HIGH),
        remedy=f"hand over `{given.text}.id` and load it in the task with a session of its own, or load it before: "
        f"`selectinload({held.model.class_.name}.{relationship.name})`",
        related=(
            Related(message="read here", location=read.file.location(read)),
            Related(message="loaded here", location=held.call.file.location(held.call)),
        ),
    )
