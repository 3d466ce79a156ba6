"""An attribute is read after a commit, a rollback or an UPDATE expired it.

Why: with expire_on_commit on (the default) a commit empties every object of the session, and so does the end of a
`begin()` block. A rollback empties them whatever the factory says. An UPDATE forgets what the database sets, as
`onupdate=func.now()` does. The next read of the attribute sends a query, in asyncio without an `await` to run it in:
MissingGreenlet. A route that returns the object fails in the response, because the response model reads it. Wrong when
something filled the object again: queries, refreshes and whoever is given the object in between are looked for.

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

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Attribute, Name, Node
from forge_doctor.code.syntax.prefilter import AnyWord
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.finding import Evidence, Finding, Related, Severity
from forge_doctor.lint.dataflow.expired.emptied_lists import reads_of_each
from forge_doctor.lint.dataflow.expired.expired_in_loops import reads_of_next_round
from forge_doctor.lint.dataflow.expired.expired_reads import ExpiredRead, expired_reads
from forge_doctor.lint.dataflow.expired.expiring import Why
from forge_doctor.lint.dataflow.expired.given_away import reads_of_given, reads_of_returned
from forge_doctor.lint.dataflow.sessions.transactions import opened_by
from forge_doctor.regex import regex

SUSPECT = AnyWord(b"await")
# Who calls a repository may say no word of a database.
EVERYWHERE = True
LINE_DOES = ("queries",)
ELSE = {
    Why.COMMIT: "or expire_on_commit=False in the factory",
    Why.BLOCK: "or expire_on_commit=False in the factory",
    Why.UPDATE: 'or __mapper_args__ = {"eager_defaults": True}',
}
# A session among the arguments of a call: a search for one literal costs a tenth of one for either.
HANDED = (regex(rb"session\s*[,)]"), regex(rb"db\s*[,)]"))
EXPIRING = regex(rb"await[\s(]+[\w.]+\s*\.\s*(?:commit|rollback|flush)\s*\(|\.begin\(|\.expire\(")


@check(severity=Severity.ERROR)
def expired_after_commit(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Look at what is read of the session's objects behind whatever expires them."""
    seen: set[Node] = set()
    expiring = any(one.search(file.data) is not None for one in (*HANDED, EXPIRING))
    for read in (
        *(expired_reads(file, project) if expiring else ()),
        *(reads_of_next_round(file, project) if expiring and file.mentions(b"for ", b"while ") else ()),
        *(reads_of_each(file, project) if expiring and file.mentions(b"for ") else ()),
        *reads_of_given(file, project),
        *reads_of_returned(file, project),
    ):
        if place_of(read.name) not in seen:
            seen.add(place_of(read.name))
            yield found(file, read)


def place_of(name: Name) -> Node:
    """`user.name`, or the object where that is returned, validated or shown."""
    return name.parent if isinstance(name.parent, Attribute) else name


def failure(read: ExpiredRead) -> str:
    """The error: once the session is closed, the object is detached."""
    session = read.cause.session
    opened = opened_by(session if read.cause.why is not Why.BLOCK else read.name)
    if read.given_by is not None:
        return "DetachedInstanceError" if opened is not None or read.cause.why is Why.BLOCK else "MissingGreenlet"
    if read.cause.why is Why.BLOCK:
        return "MissingGreenlet" if read.cause.node.receiver is session else "DetachedInstanceError"
    return "MissingGreenlet" if opened is None or opened.contains(read.name) else "DetachedInstanceError"


def cause_in_words(read: ExpiredRead) -> str:
    """What expired it, where."""
    cause = read.cause
    if read.given_by is not None:
        place = f"{cause.node.file.path}:{cause.node.line}"
        how = "after an UPDATE in which the database sets it" if cause.why is Why.UPDATE else "expired by a commit"
        return f"`{read.given_by.qualname}` gave it away {how} ({place})"
    if cause.why is Why.UPDATE:
        return f"the {cause.node.method} in line {cause.node.line} let the database set it with an UPDATE"
    if cause.inside is not None:
        where = f"{cause.inside.file.path}:{cause.inside.line}"
        return (
            f"`{cause.node.func.text}()` in line {cause.node.line} does a {cause.why.value} ({where}), which expired it"
        )
    what = "the end of its begin block" if cause.why is Why.BLOCK else f"the {cause.why.value}"
    again = ", in an earlier round of the loop," if cause.node.start > read.name.end else ""
    return f"{what} in line {cause.node.line}{again} expired it"


def remedy(read: ExpiredRead) -> str:
    """What to type."""
    name, session = read.name.id, read.cause.session.text
    if read.given_by is not None:
        return f"await {session}.refresh(...) before {read.given_by.name}() returns it; {ELSE[read.cause.why]}"
    if read.cause.why is Why.ROLLBACK:
        return f"read what is needed of {name} before the rollback; or await {session}.refresh({name}) after it"
    if read.cause.why is Why.UPDATE:
        return f'await {session}.refresh({name})  # after the update; or __mapper_args__ = {{"eager_defaults": True}}'
    if read.cause.why is Why.EXPIRE:
        names = "" if read.attributes == () else f", {list(read.attributes)}"
        return f"await {session}.refresh({name}{names})  # instead of expire()"
    if read.cause.why is Why.BLOCK:
        return f"read {name} inside the block; or expire_on_commit=False in the factory"
    return f"await {session}.refresh({name})  # after the commit; or expire_on_commit=False in the factory"


def found(file: SourceFile, read: ExpiredRead) -> Finding:
    """The finding, with what leaves the option on."""
    place, cause = place_of(read.name), read.cause
    what = f"`{place.text}` is read"
    if place is read.name or read.attributes != (getattr(place, "attr", ""),):
        what = f"`{', '.join(read.attributes)}` of `{read.name.id}` is read here"
    related = [Related(message=f"the {cause.why.value}", location=cause.node.file.location(cause.node))]
    evidence = []
    if read.expiry is not None:
        maker = read.expiry.maker
        source = f"{maker.file.path}:{maker.line}"
        evidence.append(Evidence(label="expire_on_commit", value=True, source=source))
        related.append(Related(message="expire_on_commit is left on here", location=maker.file.location(maker)))
    return file.finding(
        expired_after_commit,
        place,
        f"{what} after {cause_in_words(read)}: the read sends a query outside of an `await` and fails with "
        f"{failure(read)}",
        confidence=read.confidence,
        remedy=remedy(read),
        evidence=tuple(evidence),
        related=tuple(related),
    )
