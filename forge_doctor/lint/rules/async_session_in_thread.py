"""An AsyncSession is handed to a thread.

Why: an AsyncSession belongs to the event loop that its connection was made in. In a thread its methods give coroutines
that nobody there can await; run in a loop of the thread's own they fail with "attached to a different loop", and
meanwhile the first loop may use the same session.

Bad:

    import asyncio
    from sqlalchemy import text
    from sqlalchemy.ext.asyncio import AsyncSession

    def export(session: AsyncSession):
        return asyncio.run(session.execute(text("select * from orders")))

    async def handler(session: AsyncSession):
        return await asyncio.to_thread(export, session)

Good:

    import asyncio
    from sqlalchemy import text
    from sqlalchemy.ext.asyncio import AsyncSession

    def export(rows): ...

    async def handler(session: AsyncSession):
        rows = (await session.execute(text("select * from orders"))).all()
        return await asyncio.to_thread(export, rows)

Wrong when: the thread hands the coroutine back to the first loop (`run_coroutine_threadsafe`, anyio's `from_thread`), or
does nothing with the session that sends a query. A function of the project that does the one, by itself or through another,
or has no such call on it, is left alone.

Source: https://docs.sqlalchemy.org/en/20/orm/session_basics.html (Is the Session thread-safe?);
https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html (Using multiple asyncio event loops)
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.code.semantics.library.kinds import UNKNOWN, Kind, Value
from forge_doctor.code.semantics.library.methods import COROUTINES
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import (
    Attribute,
    Call,
    Dict,
    FunctionDef,
    Keyword,
    Lambda,
    Name,
    Node,
    Sequence,
    Str,
)
from forge_doctor.code.syntax.prefilter import AnyWord
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.code.syntax.stubs import is_mocked
from forge_doctor.finding import Confidence, Finding, Severity
from forge_doctor.lint.dataflow.expected_failures import is_expected_to_fail
from forge_doctor.lint.dataflow.use_def import entered_or_bound, param_reads, parameter_name
from forge_doctor.regex import regex

SUSPECT = AnyWord(b"to_thread", b"run_in_executor", b"run_in_threadpool", b"Thread(", b"run_sync(", b"submit(")
# Where the function stands among the arguments.
RUNNERS = frozenset({"asyncio.run", "anyio.run"})
SESSIONS = (Kind.ASYNC_SESSION, Kind.ASYNC_SCOPED)
MAX_DEPTH = 3  # of functions that hand the session on
# The first loop runs it: by asyncio's, by anyio's functions; or the session is the plain one inside.
HANDED_BACK = regex(r"threadsafe|from_thread|BlockingPortal|portal\.call|(?<!a)sync_session")
STARTERS = {
    "asyncio.to_thread": 0,
    "anyio.to_thread.run_sync": 0,
    "fastapi.concurrency.run_in_threadpool": 0,
    "starlette.concurrency.run_in_threadpool": 0,
}


@check(severity=Severity.ERROR)
def async_session_in_thread(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Look at what is handed to threads."""
    for call in file.calls("to_thread", "run_sync", "run_in_threadpool", "run_in_executor", "Thread", "submit"):
        for target, given, name, place in handed(project, call):
            value = project.known(given)
            if value.kind not in SESSIONS or value.confidence is Confidence.LOW:
                continue
            sure = certainty(project, target, name)
            if sure is None or is_mocked(given) or is_expected_to_fail(call) or is_either(project, target, given):
                continue
            yield found(file, place, given, value, min(value.confidence, sure))
            break
        else:
            yield from kept_by_object(project, call)


def handed(project: Project, call: Call) -> Iterator[tuple[Node | None, Node, str, Node]]:
    """The function that runs in a thread, an argument it gets, the parameter that goes to, and the place to tell it at."""
    where = 1 if call.method == "run_in_executor" else STARTERS.get(project.qualified(call.func))
    where = 0 if is_submitted(project, call) else where
    args: tuple[Node, ...]
    if where is not None:
        target, args = (call.args[where] if where < len(call.args) else None), call.args[where + 1 :]
    elif project.qualified(call.func) == "threading.Thread":
        listed = call.keyword("args")
        target, args = call.keyword("target"), listed.elts if isinstance(listed, Sequence) else ()
    else:
        return
    if target is not None and args and isinstance(args[0], Call) and project.qualified(target) in RUNNERS:
        target, args = args[0].func, args[0].args
    partial = target if isinstance(target, Call) and project.qualified(target.func) == "functools.partial" else None
    if partial is not None and partial.args:
        target, args = partial.args[0], (*partial.args[1:], *args)
    function: object = target if isinstance(target, Lambda) else None
    if target is not None and function is None:
        function = project.value_of(target).definition
    around = call.function
    if around is not None and (
        isinstance(function, Lambda) or (isinstance(function, FunctionDef) and around.contains(function))
    ):
        yield from ((None, one, "", call.func) for one in seen_around(project, around, function))
        return
    names = function.param_names if isinstance(function, FunctionDef) else ()
    offset = 1 if isinstance(function, FunctionDef) and function.is_method else 0
    if isinstance(target, Attribute) and isinstance(target.value, Name | Attribute):
        yield target, target.value, "", target.value
    for index, one in enumerate(args):
        yield target, one, names[index + offset] if index + offset < len(names) else "", one
    kwargs = call.keyword("kwargs") if call.method == "Thread" else None
    for name, one in (
        ((key.value, value) for key, value in kwargs.items if isinstance(key, Str))
        if isinstance(kwargs, Dict)
        else ((keyword.name, keyword.value) for keyword in call.keywords)
    ):
        yield target, one, name if name in names else "", one


def is_submitted(project: Project, call: Call) -> bool:
    """Whether it gives a function to a pool of threads."""
    if call.method != "submit" or call.receiver is None:
        return False
    made = entered_or_bound(project, call.receiver)
    return isinstance(made, Call) and project.qualified(made.func) == "concurrent.futures.ThreadPoolExecutor"


def seen_around(project: Project, around: FunctionDef, inner: FunctionDef | Lambda) -> Iterator[Node]:
    """What a function of the same function uses of the names around it."""
    own = inner.param_names if isinstance(inner, FunctionDef) else ()
    scopes = project.scopes(inner.file)
    if HANDED_BACK.search(inner.text) is not None:
        return
    for name in inner.find(Name):
        if (
            name.text in own
            or not isinstance(name.parent, Attribute | Call)
            or name.parent.raw.start_byte < inner.start
        ):
            continue
        found = scopes.lookup(name.text, name)
        if found is not None and found[0] is scopes.opened_by(around):
            yield name


def is_either(project: Project, target: Node | None, given: Node) -> bool:
    """Whether it is `run_in_threadpool(session.commit)` of what nothing declares, and `await session.commit()` stands
    beside: code for a session of either kind."""
    if not isinstance(target, Attribute) or target.value is not given or project.value_of(given).is_known:
        return False
    return target.attr in project.evidence(given).awaited


def certainty(project: Project, target: Node | None, name: str) -> Confidence | None:
    """HIGH where the function is seen to wait for something of the session; None where it does no harm."""
    function = None if target is None else project.value_of(target).definition
    return harm_in(project, function, name) if isinstance(function, FunctionDef) else Confidence.MEDIUM


def harm_in(project: Project, function: FunctionDef, name: str, depth: int = 0) -> Confidence | None:
    """The worst that a function does with the session it is given by that name."""
    if HANDED_BACK.search(function.text) is not None:
        return None
    if not name or depth > MAX_DEPTH:
        return Confidence.MEDIUM
    found = [harm_of(project, one, depth) for one in param_reads(project, function, name)]
    return max((one for one in found if one is not None), default=None)


def harm_of(project: Project, session: Node, depth: int = 0) -> Confidence | None:
    """What becomes of one mention of the session: only what gives a coroutine of it does harm, not `add()` or `info`."""
    around = session.parent
    call = around.parent if isinstance(around, Keyword) else around
    if isinstance(call, Call) and call.func is not session:
        other = project.called(call)
        if other is None or around is None:
            return Confidence.MEDIUM
        inside = harm_in(project, other, parameter_name(other, call, session, around), depth + 1)
        run = run_by(project, call) if other.is_async else Confidence.HIGH
        return None if inside is None or run is None else min(inside, run)
    if not isinstance(around, Attribute) or around.attr not in COROUTINES[Kind.ASYNC_SCOPED] | {"begin"}:
        return None
    made = around.parent
    return run_by(project, made) if isinstance(made, Call) and made.func is around else Confidence.MEDIUM


def run_by(project: Project, made: Call) -> Confidence | None:
    """Whether what takes a coroutine waits for it in this thread; None where it hands it to the first loop."""
    taker = made.parent.parent if isinstance(made.parent, Keyword) else made.parent
    if not isinstance(taker, Call) or taker.func is made:
        return Confidence.HIGH
    helper = project.called(taker)
    if helper is not None:
        return None if HANDED_BACK.search(helper.text) is not None else Confidence.HIGH
    known = taker.method == "run_until_complete" or project.qualified(taker.func).startswith("asyncio.")
    return Confidence.HIGH if known else Confidence.MEDIUM


def kept_by_object(project: Project, call: Call) -> Iterator[Finding]:
    """`to_thread(service.export)`, whose method runs `self.session` in a loop of its own."""
    for target, given, _, _ in handed(project, call):
        function = None if target is None else project.value_of(target).definition
        if not isinstance(function, FunctionDef) or not isinstance(target, Attribute) or given is not target.value:
            continue
        if not function.is_method or HANDED_BACK.search(function.text) is not None:
            return
        for kept in function.find(Attribute, nested=False):
            value = project.value_of(kept) if kept.value.text == "self" else UNKNOWN
            if value.kind in SESSIONS and value.confidence > Confidence.LOW:
                sure = harm_of(project, kept)
                if sure is Confidence.HIGH and not is_expected_to_fail(call):
                    yield found(call.file, target, kept, value, min(sure, value.confidence))
                    return


def found(file: SourceFile, place: Node, given: Node, value: Value, sure: Confidence) -> Finding:
    """The finding, where the session is handed over."""
    return file.finding(
        async_session_in_thread,
        place,
        f"`{given.text}` is {value.label} of this event loop and is handed to a thread: its methods give "
        "coroutines that the thread cannot await here",
        confidence=sure,
        remedy="read in the event loop and hand over what was read; or `await "
        f"{given.text}.run_sync(function)`, which gives the function a Session",
    )
