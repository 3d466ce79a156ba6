"""An object is refreshed that was never added to the session.

Why: `refresh()` reads an object's row again, and this object has none: it was made and never given to the session, so
neither flush nor commit wrote it. `refresh()` raises InvalidRequestError ("Instance ... is not persistent within this
Session"), and where it is not called, the object is simply lost.

Bad:

    from sqlalchemy.ext.asyncio import AsyncSession
    from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

    class Base(DeclarativeBase): ...

    class User(Base):
        __tablename__ = "users"
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str]

    async def create(db: AsyncSession, name: str):
        user = User(name=name)
        await db.commit()
        await db.refresh(user)
        return user

Good:

    from sqlalchemy.ext.asyncio import AsyncSession
    from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

    class Base(DeclarativeBase): ...

    class User(Base):
        __tablename__ = "users"
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str]

    async def create(db: AsyncSession, name: str):
        user = User(name=name)
        db.add(user)
        await db.commit()
        await db.refresh(user)
        return user

Wrong when: something else puts it into the session: a relationship of an object that is there, a function it is given to,
an `__init__` of its own. Any other use of the name between the two, a related object among its arguments, and a class with
an `__init__` or a metaclass of its own keep the rule quiet; so do `locals()` and a listener of the event `init` anywhere in
the project.

Source: https://docs.sqlalchemy.org/en/20/orm/session_api.html (Session.refresh); with SQLAlchemy 2.1.9:
"Instance '<User at ...>' is not persistent within this Session"
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.code.orm.mapped_attributes import is_column
from forge_doctor.code.semantics.inference.kept_answers import kept_for_the_run
from forge_doctor.code.semantics.library.kinds import Kind
from forge_doctor.code.semantics.names.marks import Mark
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.semantics.project_outline import marked_files
from forge_doctor.code.syntax.nodes import Assign, Attribute, Call, Name, Str
from forge_doctor.code.syntax.prefilter import AnyWord
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.finding import Confidence, Finding, Related, Severity
from forge_doctor.lint.dataflow.expected_failures import is_expected_to_fail
from forge_doctor.lint.dataflow.use_def import reads_of

SUSPECT = AnyWord(b".refresh(")
SESSIONS = (Kind.ASYNC_SESSION, Kind.ASYNC_SCOPED, Kind.SESSION, Kind.SCOPED)


@check(severity=Severity.ERROR)
def refresh_of_unsaved_object(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Look at every `refresh()` of an object that is made in the same function."""
    for call in file.calls("refresh"):
        given = call.argument(0, "instance")
        if not isinstance(given, Name) or call.receiver is None or is_expected_to_fail(call):
            continue
        value = project.known(call.receiver)
        made = (
            made_and_kept(project, given, call)
            if value.kind in SESSIONS and value.confidence > Confidence.LOW
            else None
        )
        if made is None:
            continue
        yield file.finding(
            refresh_of_unsaved_object,
            call,
            f"`{given.text}` was made in line {made.line} and never added to `{call.receiver.text}`: it is not saved, and "
            "`refresh()` raises InvalidRequestError",
            confidence=value.confidence,
            remedy=f"{call.receiver.text}.add({given.text})",
            related=(Related(message="made here", location=file.location(made)),),
        )


def made_and_kept(project: Project, given: Name, call: Call) -> Call | None:
    """The call that makes the object, if nothing between the two can have given it to a session."""
    bound = project.scopes(given.file).lookup(given.text, given)
    bindings = () if bound is None else bound[1].reaching(given)
    assign = bindings[0].node if len(bindings) == 1 else None
    made = assign.value if isinstance(assign, Assign) and isinstance(assign.target, Name) else None
    if not isinstance(made, Call) or made.args or made.function is not call.function:
        return None
    assert isinstance(assign, Assign) and isinstance(assign.target, Name)  # noqa: S101, PT018 - it has that value
    class_ = project.value_of(made.func)
    model = project.model_of(made.func) if class_.kind is Kind.CLASS and class_.confidence is Confidence.HIGH else None
    if model is None or project.method(model.class_, "__init__") is not None:
        return None
    if "locals" in given.file.names_called or is_told_of_objects(project):
        return None
    if any(not one.name or not is_column(project, model, one.name) for one in made.keywords):
        return None
    for read in reads_of(project, assign.target, assign):
        around = read.parent
        is_plain = isinstance(around, Attribute) and is_column(project, model, around.attr)
        if read.start < call.start and not is_plain:
            return None
    return made


@kept_for_the_run
def is_told_of_objects(project: Project) -> bool:
    """Whether a listener of any file is told of each object that is made, and may add it to a session."""
    files = (project.open_for_all(path) for path in marked_files(project, Mark.INITS))
    return any(listens_to_init(file) for file in files if file is not None)


def listens_to_init(file: SourceFile) -> bool:
    """Whether an event of the file is told of each object that is made."""
    names = (one.argument(1, "identifier") for one in file.calls("listens_for", "listen"))
    return any(isinstance(one, Str) and one.text[1:-1] == "init" for one in names)
