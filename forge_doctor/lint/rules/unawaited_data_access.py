"""An async function of the project that uses a session is called and never awaited.

Why: calling an `async def`, or a plain function that returns what one gives, only makes a coroutine
object. The repository method that was to save or load never runs, nothing is sent to the database, and
what is kept is no row but a coroutine. A method that a Protocol or an abstract class only declares counts
as well, where one of its name in the project uses a session.

Bad:

    from sqlalchemy.ext.asyncio import AsyncSession

    async def save(db: AsyncSession, user):
        db.add(user)
        await db.commit()

    async def register(db: AsyncSession, user):
        save(db, user)

Good:

    from sqlalchemy.ext.asyncio import AsyncSession

    async def save(db: AsyncSession, user):
        db.add(user)
        await db.commit()

    async def register(db: AsyncSession, user):
        await save(db, user)

Source: https://docs.python.org/3/library/asyncio-task.html#coroutines
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.code.semantics.library.kinds import Kind, words
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Attribute, Call, FunctionDef
from forge_doctor.code.syntax.prefilter import DATABASE_WORDS, AnyWord
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.code.syntax.stubs import is_declaration, is_mocked
from forge_doctor.finding import Confidence, Edit, Finding, Related, Severity
from forge_doctor.lint.dataflow.coroutines.awaits import await_edits, awaited_call, consequence
from forge_doctor.lint.dataflow.coroutines.call_results import awaited_twin, data_access, is_async_everywhere
from forge_doctor.lint.dataflow.coroutines.coroutine_fate import fate_of
from forge_doctor.lint.dataflow.coroutines.sync_twins import is_for_sync_twin
from forge_doctor.lint.dataflow.uses import Fate, Use, use_of
from forge_doctor.regex import regex

# A plain endpoint may be given what others made async.
SUSPECT = AnyWord(b"async ", b"Depends(")
# Who calls the project's own functions may say no word of a database.
EVERYWHERE = True
LINE_DOES = ("queries",)
# `def save(...):` with `return keep(...)` as its first statement, or behind a docstring of one line.
PASSING = regex(
    rb"def(?<!\wdef)[ \t]+(\w+)[^\n]{0,300}:\n(?:[ \t]*\"\"\"[^\n]{0,300}\n)?[ \t]*return[ \t]+(?:\w+\.)*(\w+)\("
)
# `keep = partial(save, db)`, and what is called right where it is made.
PARTIAL = regex(rb"\b(\w+)[ \t]*=[ \t]*(?:functools\.)?partial\(\s*(?:\w+\.)*(\w+)")
CALLED_AT_ONCE = regex(rb"\bpartial\([^()\n]{0,200}\)\(")
OF_TASKS = words(
    """cancel cancelled cancelling uncancel done result exception add_done_callback remove_done_callback get_name set_name
    get_coro get_loop get_stack print_stack close send throw"""
)
RENAMING = regex(rb" as (\w{1,100})")
NAME_BEFORE = regex(rb"\w{1,100}\Z")


@check(severity=Severity.ERROR)
def unawaited_data_access(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Find calls that give a coroutine of the project which touches a session, and follow the value."""
    for named in file.calls(*names_to_look_for(file, project), awaited=False):
        call = called_at_once(named)
        if call is None or call.function is None or use_of(call).use in (Use.AWAITED, Use.ENTERED, Use.HANDED_ON):
            continue
        # Asked first: what a mock stands for need not be looked for in other files.
        if is_for_sync_twin(call) or (call.receiver is not None and is_mocked(call.receiver)):
            continue
        kind = project.value_of(call).kind
        if kind not in (Kind.COROUTINE, Kind.UNKNOWN):
            continue
        if kind is Kind.UNKNOWN:
            yield from of_unknown(file, project, call)
            continue
        # Of the few that are faults it is asked last what they do, since that may lead through many functions.
        fate = fate_of(project, call)
        access = data_access(project, call) if fate.is_fault else None
        if access is None or (fate.use is Use.ITERATED_ASYNC and is_declaration(access.function)):
            continue  # what implements a declaration may be an async generator
        yield found(file, call, access.function, fate, min(access.confidence, fate.confidence))


def of_unknown(file: SourceFile, project: Project, call: Call) -> Iterator[Finding]:
    """A call of something nobody knows that is given a session, and awaited elsewhere in the file or `async def`
    wherever the project defines its name."""
    twin = awaited_twin(project, call)  # asked first: few calls have one
    if twin is None and not is_async_everywhere(project, call):
        return
    fate = fate_of(project, call)
    if not fate.is_fault or fate.use is Use.ITERATED_ASYNC:
        return
    # It may be an object of more than one use: a task that can be awaited or cancelled.
    if fate.use is Use.CHAINED and (twin is not None or _is_of_task(fate)):
        return
    known = "`async def` by its name" if twin is None else f"awaited in line {twin.line}"
    yield file.finding(
        unawaited_data_access,
        call,
        f"`{call.method}()` is given a session and {known}, but not awaited here: {consequence(fate)}",
        confidence=min(Confidence.MEDIUM, fate.confidence),
        remedy=awaited_call(call.method, call),
        edits=await_edits(call),
    )


def _is_of_task(fate: Fate) -> bool:
    """Whether what is read of it is what a task has."""
    return not isinstance(fate.node, Attribute) or fate.node.attr in OF_TASKS


def names_to_look_for(file: SourceFile, project: Project) -> frozenset[str]:
    """The names called here that are those of async functions, an import's other name for one, or of plain functions
    here that hand on what one gives."""
    names = project.async_names if file.mentions(*DATABASE_WORDS) else project.data_access_names
    passing = {a.decode() for a, b in PASSING.findall(file.data) if b.decode() in names}
    called = file.names_called
    if b"partial(" in file.data:
        passing |= {a.decode() for a, b in PARTIAL.findall(file.data) if b.decode() in names}
        passing |= {"partial"} if CALLED_AT_ONCE.search(file.data) is not None else set()
    return (called & names) | called.intersection((*passing, *other_names(file.data, names)))


def called_at_once(call: Call) -> Call | None:
    """The call itself; of `partial(save, db)`, which makes no coroutine yet, that of what it makes: `partial(save, db)()`."""
    outer = call.parent
    if call.method != "partial":
        return call
    return outer if isinstance(outer, Call) and outer.func is call else None


def other_names(data: bytes, names: frozenset[str]) -> Iterator[str]:
    """What `as` calls one of the names."""
    for renamed in RENAMING.finditer(data):
        name = NAME_BEFORE.search(data, max(0, renamed.start() - 100), renamed.start())
        if name is not None and name[0].decode() in names:
            yield renamed[1].decode()


def found(file: SourceFile, call: Call, function: FunctionDef, fate: Fate, confidence: Confidence) -> Finding:
    """The finding with the `await` to insert, and where the function is."""
    edits: tuple[Edit, ...] = await_edits(call)
    kind = "async def" if function.is_async else "def"
    says = "is async and uses a session" if function.is_async else "gives a coroutine that uses a session"
    if confidence < Confidence.HIGH and is_declaration(function):
        says = "is async, and what implements it uses a session"
    place = Related(message=f"`{kind} {function.name}`", location=function.file.location(function.name_node))
    return file.finding(
        unawaited_data_access,
        call,
        f"`{call.method or function.name}()` {says}, and is not awaited: {consequence(fate)}",
        confidence=confidence,
        remedy=awaited_call(call.method or call.func.text, call),
        related=(place,),
        edits=edits,
    )
