"""`asyncio.run()` is called inside a function that runs in an event loop.

Why: an event loop runs in a thread once. `asyncio.run()` in an `async def` fails with "asyncio.run() cannot be called
from a running event loop", `loop.run_until_complete()` with "This event loop is already running"; the coroutine given
to it is never awaited.

Bad:

    import asyncio
    from sqlalchemy.ext.asyncio import AsyncSession

    async def load(session: AsyncSession, User, key): ...

    async def endpoint(session: AsyncSession, User, key):
        return asyncio.run(load(session, User, key))

Good:

    from sqlalchemy.ext.asyncio import AsyncSession

    async def load(session: AsyncSession, User, key): ...

    async def endpoint(session: AsyncSession, User, key):
        return await load(session, User, key)

Alembic's commands run `env.py`, whose asyncio template calls `asyncio.run()` in it: `command.upgrade(...)` in the lifespan
of an application fails in the same way, and `await asyncio.to_thread(command.upgrade, ...)` does not.

Wrong when: nest_asyncio has patched the loop (a project that mentions it is left alone), or the call stands in a
function inside that runs in a thread (only the `async def` itself counts). A plain function of the project that is called
there counts where it starts the loop in no branch and no `try`.

Source: https://docs.python.org/3/library/asyncio-runner.html#asyncio.run
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.code.semantics.inference.kept_answers import kept_for_the_run
from forge_doctor.code.semantics.names.marks import Mark
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.semantics.project_outline import marked_files, marked_functions
from forge_doctor.code.syntax.nodes import Await, Call, FunctionDef, If, IfExp, Name, Node, Try, With
from forge_doctor.code.syntax.prefilter import AnyWord
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.finding import Confidence, Edit, Finding, Related, Severity
from forge_doctor.regex import regex

LINE_DOES = ("queries",)
RUNNERS = {
    "asyncio.run": "asyncio.run() cannot be called from a running event loop",
    "uvloop.run": "asyncio.run() cannot be called from a running event loop",
    "anyio.run": "Already running asyncio in this thread",
}
LOOPS = ("asyncio.get_event_loop", "asyncio.get_running_loop", "asyncio.new_event_loop")
# Commands of Alembic that run `env.py`, and what shows that an `env.py` can do without a loop of its own.
COMMANDS = ("upgrade", "downgrade", "stamp", "current", "check", "revision")
# What is called there, in whatever file, may start one.
SUSPECT = AnyWord(b"async def")
EVERYWHERE = True
CAREFUL = (b"get_running_loop", b"is_running", b".attributes", b"hread", b"get_event_loop")
RENAMED = regex(rb"run(?<!\wrun)[ \t]+as[ \t]+(\w{1,100})")
BUSY = "This event loop is already running"


@check(severity=Severity.ERROR)
def nested_event_loop(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Look at what starts an event loop right in an `async def`."""
    if not file.mentions(b"async "):
        return
    renamed = (one.decode() for one in RENAMED.findall(file.data))
    for call in file.calls("run", "run_until_complete", *renamed):
        error = starts_loop(project, call) if is_in_loop(call) else ""
        if error and not mentions_nesting(project):
            yield found(file, call, error)
    for call in file.calls(*COMMANDS) if file.mentions(b"alembic") else ():
        if is_in_loop(call) and runs_env(project, call):
            yield by_alembic(file, call)
    for call in file.calls(*sorted(marked_functions(project, Mark.RUNS) & file.names_called)):
        started = started_inside(project, call) if is_in_loop(call) and not isinstance(call.parent, Await) else None
        if started is not None and not mentions_nesting(project):
            yield found_inside(file, call, started)


def is_in_loop(call: Call) -> bool:
    """Whether it stands right in an `async def`, and is made come what may."""
    function = call.owner
    return isinstance(function, FunctionDef) and function.is_async and not is_guarded(call)


def starts_loop(project: Project, call: Call) -> str:
    """What a call says that would start a loop in a running one; empty for any other."""
    return (RUNNERS.get(project.qualified(call.func), "") or error_of_loop(project, call)) if call.args else ""


def runs_env(project: Project, call: Call) -> bool:
    """Whether it is a command of Alembic, whose `env.py` starts a loop."""
    return project.qualified(call.func).startswith("alembic.command.") and has_running_env(project)


def started_inside(project: Project, call: Call) -> Call | None:
    """What a plain function of the project that is called there starts a loop with, come what may."""
    called = project.called(call)
    if called is None or called.is_async or called.is_generator or called.decorators:
        return None
    own = (one for one in called.find(Call, nested=False) if one.owner is called and not is_guarded(one))
    return next((one for one in own if starts_loop(project, one) or runs_env(project, one)), None)


def in_thread(call: Call) -> str:
    """The same call where no loop runs."""
    given = ", ".join([call.func.text, *(one.text for one in (*call.args, *call.keywords))])
    return f"await asyncio.to_thread({given})"


def found_inside(file: SourceFile, call: Call, started: Call) -> Finding:
    """The finding at a call of a plain function that starts a loop."""
    return file.finding(
        nested_event_loop,
        call,
        f"`{call.func.text}()` stands in an `async def`, which runs in an event loop already, and leads to "
        f'`{started.func.text}()`, which starts another one: "{RUNNERS["asyncio.run"]}"',
        confidence=Confidence.MEDIUM,
        remedy=in_thread(call),
        related=(Related(message="starts a loop", location=started.file.location(started)),),
    )


@kept_for_the_run
def has_running_env(project: Project) -> bool:
    """Whether every `env.py` of the project that Alembic runs starts a loop of its own, come what may."""
    marked = marked_files(project, Mark.MIGRATES)
    envs = [project.reading.bytes_of(path) or b"" for path in marked if path.name == "env.py"]
    return bool(envs) and all(
        b"asyncio.run(" in data and not any(word in data for word in CAREFUL) and b"nest_asyncio" not in data
        for data in envs
    )


def by_alembic(file: SourceFile, call: Call) -> Finding:
    """The finding at a command that runs `env.py`."""
    return file.finding(
        nested_event_loop,
        call,
        f"`{call.func.text}()` runs `env.py`, which calls `asyncio.run()`, in an `async def`, which runs in an event loop "
        f'already: "{RUNNERS["asyncio.run"]}", and nothing is migrated',
        confidence=Confidence.MEDIUM,
        remedy=in_thread(call),
    )


def error_of_loop(project: Project, call: Call) -> str:
    """What a loop, or an `asyncio.Runner`, of this function says where it is run; empty where it is neither."""
    if call.method == "run" and is_of_runner(project, call):
        return "Runner.run() cannot be called from a running event loop"
    return BUSY if is_of_loop(project, call) else ""


def is_of_runner(project: Project, call: Call) -> bool:
    """`with asyncio.Runner() as runner:` around `runner.run()`."""
    name = "" if call.receiver is None else call.receiver.text
    items = (item for one in _within_function(call) if isinstance(one, With) for item in one.items)
    own = (item.value for item in items if item.target is not None and item.target.text == name)
    return any(isinstance(one, Call) and project.qualified(one.func) == "asyncio.Runner" for one in own)


def is_of_loop(project: Project, call: Call) -> bool:
    """`loop.run_until_complete()` of a loop that asyncio gave here."""
    receiver = call.receiver
    if call.method != "run_until_complete" or receiver is None:
        return False
    given = receiver
    if isinstance(receiver, Name):
        bound = project.scopes(call.file).lookup(receiver.text, receiver)
        bindings = () if bound is None else bound[1].reaching(receiver)
        value = getattr(bindings[0].node, "value", None) if len(bindings) == 1 else None
        given = value if isinstance(value, Node) else receiver
    return isinstance(given, Call) and project.qualified(given.func) in LOOPS


def is_guarded(call: Call) -> bool:
    """Whether it stands in a branch, in a `try`, or where errors are let be: the code may know that it runs without a loop."""
    around = list(_within_function(call))
    entered = (item.value for one in around if isinstance(one, With) for item in one.items)
    return any(isinstance(one, If | IfExp | Try) for one in around) or any(
        isinstance(one, Call) and one.method == "suppress" for one in entered
    )


def _within_function(call: Call) -> Iterator[Node]:
    for one in call.ancestors:
        if isinstance(one, FunctionDef):
            return
        yield one


@kept_for_the_run
def mentions_nesting(project: Project) -> bool:
    """Whether a file of the project has the name of what lets loops nest."""
    return bool(marked_files(project, Mark.LOOPS))


def found(file: SourceFile, call: Call, error: str) -> Finding:
    """The finding; where a coroutine is called right there, it can be awaited instead."""
    first = call.args[0]
    alone = isinstance(first, Call) and len(call.args) == 1 and not call.keywords and not isinstance(call.parent, Await)
    edits: tuple[Edit, ...] = (file.replacement(call, f"(await {first.text})", safe=False),) if alone else ()
    return file.finding(
        nested_event_loop,
        call,
        f'`{call.func.text}()` stands in an `async def`, which runs in an event loop already: "{error}", and the '
        "coroutine never runs",
        confidence=Confidence.HIGH,
        remedy=f"await {first.text}" if isinstance(first, Call) else "await the coroutine",
        edits=edits,
    )
