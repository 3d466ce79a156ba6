"""An attribute is read after `commit()` expired it.

Why: with expire_on_commit on (the default) a commit empties every object of the session. The next read of
an attribute sends a query, in asyncio without an `await` to run it in: MissingGreenlet. A route that
returns the object fails in the response, because the response model reads it.

Bad:

    from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
    from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

    class Base(DeclarativeBase): ...

    class User(Base):
        __tablename__ = "users"
        id: Mapped[int] = mapped_column(primary_key=True)

    Session = async_sessionmaker(create_async_engine("postgresql+asyncpg://localhost/shop"))

    async def register():
        async with Session() as db:
            user = User()
            db.add(user)
            await db.commit()
            return user.id

Good:

    from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
    from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

    class Base(DeclarativeBase): ...

    class User(Base):
        __tablename__ = "users"
        id: Mapped[int] = mapped_column(primary_key=True)

    Session = async_sessionmaker(
        create_async_engine("postgresql+asyncpg://localhost/shop"), expire_on_commit=False
    )

    async def register():
        async with Session() as db:
            user = User()
            db.add(user)
            await db.commit()
            return user.id

Source: https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html#preventing-implicit-io-when-using-asyncsession
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.code.orm.mapped_attributes import is_column, lazy_relationship
from forge_doctor.code.semantics.inference.models import Model
from forge_doctor.code.semantics.names.reaching import reaching
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.dominance import always_before
from forge_doctor.code.syntax.nodes import Assign, Attribute, Call, FunctionDef, Name, Node, Return
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.finding import Confidence, Evidence, Finding, Related, Severity
from forge_doctor.lint.dataflow.objects.expiry import Expiry, expiry_of, may_expire
from forge_doctor.lint.dataflow.objects.loaded import Shape, loaded
from forge_doctor.lint.dataflow.response_models import reads_response
from forge_doctor.lint.dataflow.sessions.transactions import calls_between, is_awaited, opened_by, session_calls
from forge_doctor.lint.dataflow.use_def import is_read
from forge_doctor.regex import regex

SUSPECT = regex(rb"await[\s(]+[\w.]+\s*\.\s*commit\s*\(")
# Calls that fill the object again, take it out of the session, or replace what it knows.
FILLING = frozenset(
    """refresh execute scalar scalars exec get get_one merge run_sync expunge expunge_all make_transient
    make_transient_to_detached stream stream_scalars""".split()  # noqa: SIM905 - a table, read as text
)
# `user.name`, no call, and `return user`.
READ = regex(rb"(?<![\w.])[^\W\d]\w*+(?=\s*\.\s*\w++(?!\s*\())|(?<=return )\w++")


@check(severity=Severity.ERROR)
def expired_after_commit(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Look at what is read of the session's objects behind every commit."""
    seen: set[tuple[int, str]] = set()
    if not may_expire(project):
        return
    for commit, confidence in session_calls(file, project, frozenset({"commit"})):
        function = commit.function
        if function is None or not function.is_async or not is_awaited(commit):
            continue
        for read, model in reads_behind(project, function, commit):
            key = (function.start, read.text)
            if key in seen or not is_expired(project, function, commit, read, model):
                continue
            expiry = expiry_of(project, commit.receiver) if commit.receiver is not None else None
            if expiry is None:
                break
            seen.add(key)
            yield found(file, commit, read, expiry, min(confidence, expiry.confidence))


def reads_behind(project: Project, function: FunctionDef, commit: Call) -> Iterator[tuple[Name, Model]]:
    """Names of objects of the committed session that are read where the commit has always run."""
    for place in READ.finditer(function.file.data, commit.end, function.end):
        name = function.file.node_at(place.start())
        if not isinstance(name, Name) or name.owner is not function or not is_read(name) or not is_used(project, name):
            continue
        model = model_in(project, function, name, commit)
        if model is not None and always_before(commit, name):
            yield name, model


def is_used(project: Project, name: Name) -> bool:
    """Whether the place reads attributes: `user.name`, or a route's `return user`."""
    around = name.parent
    if isinstance(around, Attribute):
        return not isinstance(around.parent, Call) or around.parent.func is not around
    return isinstance(around, Return) and reads_response(project, around) is not None


def model_in(project: Project, function: FunctionDef, name: Name, commit: Call) -> Model | None:
    """The model of the object, if it surely belongs to the session that was committed."""
    session = commit.receiver.text if commit.receiver is not None else ""
    scopes = project.scopes(name.file)
    found = scopes.lookup(name.id, name)
    bindings = reaching(found[1], name) if found is not None and found[0] is scopes.of(name) else []
    if len(bindings) != 1 or bindings[0].start > commit.start:
        return None
    held = loaded(project, name)
    if held is not None:
        same = held.hops == 0 and held.session.text == session and held.call.function is function
        return held.model if same and held.shape is Shape.OBJECT else None
    made = bindings[0].node
    if not isinstance(made, Assign) or not isinstance(made.value, Call) or bindings[0].path:
        return None
    if not is_added(function, session, name.id, made.end, commit.start):
        return None
    class_ = project.value_of(made.value.func)
    return project.model_of(made.value.func) if class_.of is not None else None


def is_added(function: FunctionDef, session: str, name: str, start: int, end: int) -> bool:
    """Whether `session.add(name)` stands between two places."""
    return any(
        one.method == "add"
        and one.receiver is not None
        and one.receiver.text == session
        and [arg.text for arg in one.args] == [name]
        for one in calls_between(function, start, end)
    )


def is_expired(project: Project, function: FunctionDef, commit: Call, read: Name, model: Model) -> bool:
    """Whether the attribute is empty there: mapped, and nothing since the commit may have filled it."""
    around = read.parent
    if isinstance(around, Attribute):
        attr = around.attr
        if not is_column(project, model, attr) and lazy_relationship(model, attr) is None:
            return False
        if is_target(around):
            return False
    for call in calls_between(function, commit.end, read.start):
        if call.method in FILLING or any(holds(arg, read.id) for arg in given(call)):
            return False
    assigned = rb"(?<![\w.])" + re.escape(read.id).encode() + rb"\.\w+\s*=[^=]"
    return re.search(assigned, function.file.data[commit.end : read.start]) is None


def is_target(attribute: Attribute) -> bool:
    """Whether it is assigned to there."""
    around = attribute.parent
    return isinstance(around, Assign) and attribute in around.targets


def given(call: Call) -> tuple[Node, ...]:
    """Everything passed in a call."""
    return (*call.args, *(one.value for one in call.keywords))


def holds(node: Node, name: str) -> bool:
    """Whether an argument is the object itself."""
    return node.text == name


def failure(commit: Call, read: Name) -> str:
    """The error: once the session is closed, the object is detached."""
    opened = None if commit.receiver is None else opened_by(commit.receiver)
    return "MissingGreenlet" if opened is None or opened.contains(read) else "DetachedInstanceError"


def found(file: SourceFile, commit: Call, read: Name, expiry: Expiry, confidence: Confidence) -> Finding:
    """The finding, with the call that leaves the option on."""
    around = read.parent
    place = around if isinstance(around, Attribute) else read
    what = f"`{place.text}` is read" if isinstance(around, Attribute) else f"the response reads `{read.text}`"
    maker = expiry.maker
    session = commit.receiver.text if commit.receiver is not None else "session"
    return file.finding(
        expired_after_commit,
        place,
        f"{what} after the commit in line {commit.line} expired it: the read sends a query outside of an `await` "
        f"and fails with {failure(commit, read)}",
        confidence=confidence,
        remedy=f"await {session}.refresh({read.text})  # after the commit; or expire_on_commit=False in the factory",
        evidence=(Evidence(label="expire_on_commit", value=True, source=f"{maker.file.path}:{maker.line}"),),
        related=(
            Related(message="the commit", location=file.location(commit)),
            Related(message="expire_on_commit is left on here", location=maker.file.location(maker)),
        ),
    )
