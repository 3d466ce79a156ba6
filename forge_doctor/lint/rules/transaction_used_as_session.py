"""What `session.begin()` gives is used as if it were the session.

Why: `async with session.begin() as x` binds a transaction, which can be committed and rolled back and nothing else:
`x.execute()` and `x.add()` raise AttributeError. The factory's `begin()` gives a session and the engine's a connection,
which is why the three are mixed up. Where the name is that of the session, the session is gone behind it too.

Bad:

    from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

    Session = async_sessionmaker(create_async_engine("postgresql+asyncpg://localhost/shop"))

    async def keep(user):
        async with Session() as session, session.begin() as unit:
            unit.add(user)

Good:

    from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

    Session = async_sessionmaker(create_async_engine("postgresql+asyncpg://localhost/shop"))

    async def keep(user):
        async with Session.begin() as session:
            session.add(user)

Wrong when: the name is bound to something else on another way, which is looked at, or the object is no SQLAlchemy session
but one with a `begin()` of its own; only what surely is SQLAlchemy's is told. pytest does not look at the type of a parameter:
of low confidence where a test says it is an AsyncSession, and its fixture does not say that it gives one.

Source: https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html (AsyncSession.begin); with SQLAlchemy 2.1.9:
"'AsyncSessionTransaction' object has no attribute 'add'"
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from forge_doctor.check import check
from forge_doctor.code.semantics.inference.functions import find_fixture, is_test
from forge_doctor.code.semantics.library.kinds import Kind, Value, words
from forge_doctor.code.semantics.names.bindings import Binding
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Call, FunctionDef, Name, Param
from forge_doctor.code.syntax.prefilter import WordsThen
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.code.syntax.stubs import is_mocked
from forge_doctor.finding import Confidence, Finding, Severity
from forge_doctor.lint.dataflow.expected_failures import is_expected_to_fail

SUSPECT = WordsThen(rb"\.begin(?:_nested)?\(\s*\)(?:\s*\)?\s*as\b)|=\s*await\s+[\w.]+\.begin", b".begin")
# Methods of sessions and connections that no transaction has.
OF_SESSIONS = words(
    "add add_all delete execute exec flush get get_one merge refresh scalar scalars stream stream_scalars run_sync expunge"
)


@check(severity=Severity.ERROR)
def transaction_used_as_session(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Look at every call of a session's method on what is a transaction."""
    for call in file.calls(*OF_SESSIONS):
        receiver = call.receiver
        if not isinstance(receiver, Name) or is_mocked(receiver) or is_expected_to_fail(call):
            continue
        value = project.value_of(receiver)
        if value.kind is Kind.ASYNC_TRANSACTION and value.confidence is Confidence.HIGH and "begin" in value.name:
            yield file.finding(
                transaction_used_as_session,
                call,
                f"`{receiver.text}` is what `{value.name}()` gave: a transaction, which has no `{call.method}`: the line "
                "fails with AttributeError",
                confidence=Confidence.LOW if may_be_factory(project, receiver) else Confidence.HIGH,
                remedy=f"enter `{value.name}()` without `as`, and call `{call.method}()` of the session; the begin() of the "
                "factory gives a session",
            )


def may_be_factory(project: Project, name: Name) -> bool:
    """Whether the session is a parameter of a test that only its type calls a session, and its fixture gives what nobody
    knows."""
    begun = next(
        (one for binding in bindings(project, name) for one in binding.node.find(Call) if one.method == "begin"), None
    )
    session = None if begun is None else begun.receiver
    for binding in bindings(project, session) if isinstance(session, Name) else ():
        function = binding.node.parent if isinstance(binding.node, Param) else None
        if isinstance(function, FunctionDef) and isinstance(session, Name):
            fixture = find_fixture(project, session.id, function) if is_test(function) else None
            if fixture is not None:
                given = project.provided(Value(Kind.FUNCTION, definition=fixture))
                return not given.kind.is_async_session
    return False


def bindings(project: Project, name: Name) -> Sequence[Binding]:
    """What binds a name where it stands."""
    found = project.scopes(name.file).lookup(name.id, name)
    return () if found is None else found[1]
