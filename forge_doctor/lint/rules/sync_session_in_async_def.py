"""A sync session talks to the database inside an `async def`.

Why: the call blocks the event loop until the database answers. Meanwhile the worker serves nobody
else, and a query that waits for a lock, or for a free connection of the pool, stops every request.
In a plain `def` endpoint FastAPI would have run the same code in a thread. A class, or the functions of a module outside
of classes, gives one finding with the number of its calls. An endpoint that calls a plain function which waits for the
database, itself or one or two functions further, blocks just so: one finding for the endpoints of a module.

Bad:

    from sqlalchemy import select
    from sqlalchemy.orm import Session

    async def users(db: Session):
        return db.scalars(select(User)).all()

Good:

    from sqlalchemy import select
    from sqlalchemy.orm import Session

    def users(db: Session):
        return db.scalars(select(User)).all()

Wrong when: the session is an async one with the annotation of a sync one. Such an annotation is not believed where
something else of its module awaits one, where a call in its file hands an AsyncSession over, or where the project makes
async engines and no other. What stands in an `async with threadpool():` of Asphalt runs in a thread.

Source: https://fastapi.tiangolo.com/async/ (path operation functions); https://docs.python.org/3/library/asyncio-dev.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from forge_doctor.check import check
from forge_doctor.code.semantics.library.kinds import Value
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.matched_calls import matched_calls
from forge_doctor.code.syntax.nodes import Await, Call, ClassDef, ComprehensionFor, For, FunctionDef, Node, With
from forge_doctor.code.syntax.prefilter import WordsThen
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.code.syntax.stubs import is_mocked, is_test_file
from forge_doctor.finding import Confidence, Evidence, Finding, Related, Severity
from forge_doctor.lint.dataflow.frameworks.injection import endpoint_decorator
from forge_doctor.lint.dataflow.sessions.blocking_functions import Waiting, is_sent_behind, waiting
from forge_doctor.lint.dataflow.sessions.contradicted import is_contradicted
from forge_doctor.lint.dataflow.sessions.transactions import calls_of
from forge_doctor.regex import regex

SUSPECT = WordsThen(rb"async\s+def\b", b"async")
MOST_RELATED, MOST_NAMES = 30, 4
# The methods that wait for the database.
BLOCKING = regex(
    rb"\.\s*(?:commit|exec|execute|flush|get(?=\s*\(\s*[A-Z]\w*\s*,)|get_one|merge|query|refresh|scalars?)\s*\("
)


class Blocking(NamedTuple):
    """The calls of one sync session in one function, in order."""

    function: FunctionDef
    name: str
    calls: tuple[Call, ...]
    value: Value


@check(severity=Severity.WARNING)
def sync_session_in_async_def(file: SourceFile, project: Project) -> Iterator[Finding]:
    """One finding a class, and one for the functions outside of classes, at the first call that blocks."""
    if is_test_file(file):
        return
    groups: dict[tuple[Node | None, Confidence], list[Blocking]] = {}
    for one in blocking_in(file, project):
        groups.setdefault((one.function.class_, one.value.confidence), []).append(one)
    for (class_, _), all_of_it in groups.items():
        yield found(file, class_, all_of_it)
    yield from of_endpoints(file, project, {one.function for all_of_it in groups.values() for one in all_of_it})


def of_endpoints(file: SourceFile, project: Project, told: set[FunctionDef]) -> Iterator[Finding]:
    """One finding for the async endpoints of a module that call a plain function which waits for the database."""
    blocked: list[tuple[Call, Waiting]] = []
    for function in project.scopes(file).functions:
        if not function.is_async or function in told or endpoint_decorator(project, function) is None:
            continue
        own = (one for one in calls_of(function) if one.owner is function and not isinstance(one.parent, Await))
        called = ((one, project.called(one)) for one in own if not is_in_thread(one))
        ways = ((one, waiting(project, it)) for one, it in called if it is not None and it.name != "__init__")
        sent = ((one, way) for one, way in ways if way is not None and (not way.is_unsent or is_sent_behind(one)))
        first = next(sent, None)
        if first is not None:
            blocked.append(first)
    if blocked:
        yield found_of_endpoints(file, blocked)


def found_of_endpoints(file: SourceFile, blocked: list[tuple[Call, Waiting]]) -> Finding:
    """The finding, at the first of their calls."""
    call, way = blocked[0]
    functions = [one.function for one, _ in blocked if one.function is not None]
    more = f" (and {len(blocked) - 1} more endpoints of this module)" if len(blocked) > 1 else ""
    return file.finding(
        sync_session_in_async_def,
        call,
        f"`{call.func.text}()` waits for the database by `{way.call.func.text}()`, of {way.label}, and blocks the event loop of "
        f"`async def {functions[0].name}`{more} meanwhile",
        confidence=Confidence.MEDIUM,
        remedy=remedy(functions),
        related=(
            Related(message="waits here", location=way.call.file.location(way.call)),
            *(Related(message="and here", location=file.location(one)) for one, _ in blocked[1 : MOST_RELATED + 1]),
        ),
    )


def blocking_in(file: SourceFile, project: Project) -> Iterator[Blocking]:
    """What blocks, by function and session."""
    seen: dict[tuple[FunctionDef, str], list[Call]] = {}
    for call in matched_calls(file, BLOCKING):
        function, receiver = call.function, call.receiver
        if receiver is None or function is None or not function.is_async or call.owner is not function:
            continue
        if is_in_thread(call):
            continue
        if blocking(call, receiver, project) is not None and not is_mocked(receiver):
            seen.setdefault((function, receiver.text), []).append(call)
    for (function, name), calls in seen.items():
        yield Blocking(function, name, tuple(calls), project.known(calls[0].receiver or calls[0]))


def is_in_thread(call: Call) -> bool:
    """Whether it stands in an `async with threadpool():` of Asphalt or asyncio_extras, whose block a thread runs."""
    return any(
        isinstance(item.value, Call) and item.value.method == "threadpool"
        for around in call.ancestors
        if isinstance(around, With) and around.is_async
        for item in around.items
    )


def blocking(call: Call, receiver: Node, project: Project) -> Value | None:
    """The sync session, if it surely is one; that of an AsyncSession is for its own use."""
    value = project.known(receiver)
    if not value.kind.is_sync_session or value.confidence is Confidence.LOW or isinstance(call.parent, Await):
        return None
    if receiver.text.endswith("sync_session") or ("annotated" in value.why and is_contradicted(project, receiver)):
        return None
    return value


def found(file: SourceFile, class_: Node | None, blocked: list[Blocking]) -> Finding:
    """The finding at the first of the calls."""
    first = blocked[0]
    call, value = first.calls[0], first.value
    functions = list(dict.fromkeys(one.function for one in blocked))
    count = sum(len(one.calls) for one in blocked)
    more = f" (and {count - 1} more here)" if count > 1 and len(functions) == 1 else ""
    if len(functions) > 1:
        where = f"class {class_.name}" if isinstance(class_, ClassDef) else "this module"
        more = f", like {count - 1} more calls in {len(functions)} functions of {where},"
    related = (
        Related(message=f"{one.calls[0].func.text}() in {one.function.name}()", location=file.location(one.calls[0]))
        for one in blocked[1 : MOST_RELATED + 1]
    )
    return file.finding(
        sync_session_in_async_def,
        call,
        f"`{first.name}` is {value.label}: `{first.name}.{call.method}()`{more} blocks the event loop of "
        f"`async def {first.function.name}` until the database answers",
        confidence=value.confidence,
        remedy=remedy(functions),
        evidence=(
            Evidence(label="calls that block", value=count, source=f"{len(functions)} async functions"),
            *((Evidence(label="receiver", value=value.label, source=value.why),) if value.why else ()),
        ),
        related=tuple(related),
    )


def remedy(functions: list[FunctionDef]) -> str:
    """What to type, by what the functions contain: one that awaits cannot be made a plain one."""
    plain = [one for one in functions if not awaits(one)]
    awaiting = [one for one in functions if awaits(one)]
    lines = []
    if plain:
        callers = "" if all(one.decorators for one in plain) else ", and the endpoints that call them"
        lines.append(
            f"make {named(plain)} plain `def`{callers}: nothing is awaited there, and FastAPI runs plain endpoints in "
            "threads"
        )
    if awaiting:
        lines.append(
            f"{named(awaiting)}: await other things, so use an AsyncSession, or put what needs the session into a plain "
            "function and `await asyncio.to_thread(it)`"
        )
    return "\n".join(lines)


def awaits(function: FunctionDef) -> bool:
    """Whether it needs to be async."""
    if any(True for _ in function.find(Await, nested=False)):
        return True
    loops = (one for kind in (With, For, ComprehensionFor) for one in function.find(kind, nested=False))
    return any(getattr(one, "is_async", False) for one in loops)


def named(functions: list[FunctionDef]) -> str:
    """Some of their names."""
    names = ", ".join(f"{one.name}()" for one in functions[:MOST_NAMES])
    return names if len(functions) <= MOST_NAMES else f"{names} and {len(functions) - MOST_NAMES} more"
