"""A session that outlives the call commits, and nobody rolls back when that fails.

Why: a session kept in a module or in `self` for long is not closed after an error, so nothing rolls back for
it. After one failed flush or commit, every later call fails with PendingRollbackError until the process
is restarted. Sessions closed by a context manager need no rollback of yours.

Bad:

    from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

    Session = async_sessionmaker(create_async_engine("postgresql+asyncpg://localhost/shop"))

    class Users:
        def __init__(self):
            self.session = Session()

        async def save(self, user):
            self.session.add(user)
            await self.session.commit()

Good:

    from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

    Session = async_sessionmaker(create_async_engine("postgresql+asyncpg://localhost/shop"))

    class Users:
        async def save(self, user):
            async with Session() as session:
                session.add(user)
                await session.commit()

Wrong when: somebody rolls back or closes it where nobody looks: the class, its bases, a decorator and the file are looked
at. How long an object lives that has its session from `__init__` is only sure where a module makes it; of any other, which
may be thrown away with its session after a request, the confidence is medium. A script ends with its error.

Source: https://docs.sqlalchemy.org/en/20/orm/session_basics.html#framing-out-a-begin-commit-rollback-block
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.code.semantics.library.kinds import Kind
from forge_doctor.code.semantics.names.bindings import How
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.kept_with_file import kept_with_file
from forge_doctor.code.syntax.nodes import Assign, Attribute, Call, ClassDef, FunctionDef, Name, Node
from forge_doctor.code.syntax.prefilter import WordsThen
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.code.syntax.stubs import is_test_file
from forge_doctor.finding import Confidence, Finding, Related, Severity
from forge_doctor.lint.dataflow.one_time import runs_once
from forge_doctor.lint.dataflow.sessions.transactions import begin_blocks, is_awaited, session_calls
from forge_doctor.regex import regex

SUSPECT = WordsThen(rb"await[\s(]+[\w.]+\s*\.\s*(?:commit|flush)\s*\(", b"commit", b"flush")
# A program that ends with its error.
MAIN = regex(rb"(?m)^if[ \t]+__name__[^\n]{0,40}:[^\n]*(?:\n[ \t][^\n]*){0,20}?\basyncio\.run\(")
ENTERED = regex(rb"with\b(?<!\wwith)\s+(?:\w+\.)*(\w+)\b(?!\s*[.(])")
ENDS = regex(rb"\.\s*(?:rollback|close|aclose|reset|invalidate|remove)\b|__aexit__|enter_async_context")


@check(severity=Severity.ERROR)
def no_rollback_on_error(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Look at commits of sessions made at module level or in `__init__`."""
    if is_test_file(file) or runs_once(file) or MAIN.search(file.data) is not None:
        return
    seen: set[str] = set()
    for call, confidence in session_calls(file, project, frozenset({"commit", "flush"})):
        receiver = call.receiver
        if receiver is None or receiver.text in seen or not is_awaited(call) or any(begin_blocks(project, call)):
            continue
        made = None if is_entered(file, receiver) or is_watched(project, call) else made_for_long(project, receiver)
        if made is not None:
            seen.add(receiver.text)
            yield found(file, call, made, min(confidence, life_of(receiver)))


def is_entered(file: SourceFile, receiver: Node) -> bool:
    """Whether `async with self.session:` closes it somewhere in the file."""
    return receiver.text.rpartition(".")[2].encode() in _entered(file)


@kept_with_file
def _entered(file: SourceFile) -> frozenset[bytes]:
    return frozenset(ENTERED.findall(file.data))


def is_watched(project: Project, call: Call) -> bool:
    """Whether a decorator of the project, around the function that commits, ends the transaction."""
    function = call.function
    for one in () if function is None else function.decorators:
        decorator = project.value_of(one.func if isinstance(one, Call) else one).definition
        if isinstance(decorator, FunctionDef) and ENDS.search(decorator.text.encode()) is not None:
            return True
    return False


def life_of(receiver: Node) -> Confidence:
    """What a module keeps lives as long as the process; how long an object does is only sure where a module makes it."""
    class_ = receiver.class_
    if isinstance(receiver, Name) or class_ is None:
        return Confidence.HIGH
    kept = any(one.function is None and one.class_ is None for one in class_.file.calls(class_.name))
    return Confidence.HIGH if kept else Confidence.MEDIUM


def made_for_long(project: Project, receiver: Node) -> Node | None:
    """Where a session is made that nobody in sight rolls back or closes."""
    if isinstance(receiver, Name):
        return made_at_module_level(project, receiver)
    if isinstance(receiver, Attribute) and receiver.value.text == "self" and receiver.class_ is not None:
        return made_in_init(project, receiver, receiver.class_)
    return None


def made_at_module_level(project: Project, name: Name) -> Node | None:
    """`session = Session()` in a module."""
    found = project.scopes(name.file).lookup(name.id, name)
    if found is None or len(found[1]) != 1:
        return None
    target = project.target(found[1][0], name.file)
    binding = target.binding
    if binding is None or binding.how is not How.ASSIGN or binding.node.function is not None or name.function is None:
        return None
    made = binding.node
    ended = ENDS.search(name.file.data) or ENDS.search(made.file.data)
    return made if not ended and isinstance(made, Assign) and makes_session(project, made) else None


def made_in_init(project: Project, receiver: Attribute, class_: ClassDef) -> Node | None:
    """`self.session = Session()` in `__init__`, of a class that ends no transaction anywhere."""
    assigns = project.scopes(class_.file).attribute_assignments.get(receiver.attr, [])
    mine = [one for one in assigns if one.class_ is class_]
    if len(mine) != 1 or mine[0].function is None or mine[0].function.name != "__init__":
        return None
    if ENDS.search(class_.file.data) or not makes_session(project, mine[0]):
        return None
    bases = (one.inner.definition for one in project.bases(class_))
    if any(isinstance(one, ClassDef) and ENDS.search(one.text.encode()) for one in bases):
        return None
    return mine[0]


def makes_session(project: Project, assign: Assign) -> bool:
    """Whether the value is a new session, made by a factory or the class."""
    call = assign.value
    if not isinstance(call, Call) or project.value_of(call).kind is not Kind.ASYNC_SESSION:
        return False
    maker = project.value_of(call.func)
    return maker.kind is Kind.ASYNC_FACTORY or (maker.inner.kind is Kind.ASYNC_SESSION and maker.kind is Kind.CLASS)


def found(file: SourceFile, call: Call, made: Node, confidence: Confidence) -> Finding:
    """The finding."""
    receiver = call.receiver.text if call.receiver is not None else "session"
    return file.finding(
        no_rollback_on_error,
        call,
        f"`{receiver}` lives on after an error here and is never rolled back: after one failed "
        f"`{call.method}()` every later use of it fails with PendingRollbackError",
        confidence=min(confidence, Confidence.HIGH),
        remedy="open a session for each piece of work: `async with Session() as session:`; "
        f"or `await {receiver}.rollback()` in an `except`, then raise",
        related=(Related(message="the session is made here", location=made.file.location(made)),),
    )
