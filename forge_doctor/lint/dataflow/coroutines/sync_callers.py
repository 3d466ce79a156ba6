"""Async functions in the hands of what calls functions and awaits nothing: threads, timers, schedulers, events; looks at
those alone that have to do with a database."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from forge_doctor.code.semantics.inference.kept_answers import kept_for_the_run
from forge_doctor.code.semantics.library.kinds import Kind
from forge_doctor.code.semantics.library.methods import COROUTINES
from forge_doctor.code.semantics.literals import followed
from forge_doctor.code.semantics.names.marks import Mark
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.semantics.project_outline import marked_files
from forge_doctor.code.syntax.nodes import Assign, Attribute, Await, Call, FunctionDef, Lambda, Name, NamedExpr, Node
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.code.syntax.stubs import is_mocked
from forge_doctor.finding import Confidence
from forge_doctor.lint.dataflow.use_def import entered_or_bound

IN_LOOP = "await it in the event loop that runs already, or hand over `asyncio.run` and the call"

IN_EVENT = "a plain function; a driver's coroutine runs by `dbapi_connection.run_async(...)`"
IN_CELERY = "a plain function that calls `asyncio.run()`, with an engine that keeps no pool"


class Caller(NamedTuple):
    """Where one takes its function, what it is by its dotted name, and how it is called in a message."""

    place: int
    keyword: str
    names: tuple[str, ...] = ()  # none: the method's name tells
    label: str = ""
    remedy: str = IN_LOOP


class Handed(NamedTuple):
    """An async function, where it is handed over and to what."""

    place: Node
    name: str
    caller: str
    remedy: str
    is_sure: bool = True


SCHEDULERS = frozenset({"BackgroundScheduler", "BlockingScheduler"})
EXECUTORS = frozenset({"ThreadPoolExecutor", "ProcessPoolExecutor"})
# Tornado's loop has methods of the same names, and runs the coroutines that its callbacks give.
OTHER_LOOPS = (b"tornado",)
CALLERS = {
    "Thread": Caller(1, "target", ("threading.Thread",), "a thread"),
    "Timer": Caller(1, "function", ("threading.Timer",), "a timer's thread"),
    "Process": Caller(1, "target", ("multiprocessing.Process",), "a process"),
    "run_in_executor": Caller(1, "func", (), "an executor"),
    "to_thread": Caller(0, "func", ("asyncio.to_thread",), "`asyncio.to_thread()`"),
    "run_in_threadpool": Caller(
        0, "func", ("starlette.concurrency.run_in_threadpool", "fastapi.concurrency.run_in_threadpool"), "a thread pool"
    ),
    "register": Caller(0, "func", ("atexit.register",), "`atexit`", "dispose of it in the lifespan, where a loop runs"),
    "signal": Caller(1, "handler", ("signal.signal",), "a signal's handler"),
    "add_signal_handler": Caller(
        1, "callback", (), "the event loop", "lambda: asyncio.create_task(...), with the task kept"
    ),
    "call_later": Caller(
        1, "callback", (), "the event loop's timer", "lambda: asyncio.create_task(...), with the task kept"
    ),
    "call_at": Caller(
        1, "callback", (), "the event loop's timer", "lambda: asyncio.create_task(...), with the task kept"
    ),
    "call_soon": Caller(0, "callback", (), "the event loop", "asyncio.create_task(...), with the task kept"),
    "call_soon_threadsafe": Caller(0, "callback", (), "the event loop", "asyncio.run_coroutine_threadsafe(..., loop)"),
    "add_done_callback": Caller(0, "fn", (), "a task's callback"),
    "listen": Caller(2, "fn", ("sqlalchemy.event.listen",), "an event of SQLAlchemy", "a plain function"),
    "do": Caller(0, "job_func", (), "`schedule`", "lambda: asyncio.create_task(...), with the task kept"),
    "add_job": Caller(0, "func", (), "", "apscheduler.schedulers.asyncio.AsyncIOScheduler()"),
    "submit": Caller(0, "fn", (), "an executor"),
}
LOOP_METHODS = frozenset(
    {"run_in_executor", "add_signal_handler", "call_later", "call_at", "call_soon", "call_soon_threadsafe"}
)
# What runs a coroutine to its end in plain code.
RUNNING = re.compile(
    r"\brun_until_complete\(|\b(?:asyncio|anyio)\.run\(|\basync_to_sync\(|\brun_coroutine_threadsafe\("
)
# Decorators whose function is called plainly.
DECORATED = re.compile(rb"@[\w.]{0,100}\b(?:listens_for|task|shared_task|scheduled_job)\b")


def handed_functions(file: SourceFile, project: Project) -> Iterator[Handed]:
    """The calls that hand one over, and the decorators that do."""
    for call in file.calls(*CALLERS):
        caller = CALLERS[call.method]
        given = call.argument(caller.place, caller.keyword)
        label = "" if given is None or is_mocked(call.func) else called_by(project, call, caller)
        name = coroutine_function(project, given) if label and given is not None else ""
        if given is not None and name and not is_run_afterwards(call):
            yield Handed(given, name, label, caller.remedy)
    if DECORATED.search(file.data) is not None:
        for function in file.query(FunctionDef):
            if function.is_async and not function.is_generator:
                yield from decorated(project, function)


def called_by(project: Project, call: Call, caller: Caller) -> str:
    """What the call hands its function to; empty where it is something else of that name."""
    if caller.names:
        return caller.label if project.qualified(call.func) in caller.names else ""
    receiver = call.receiver
    if receiver is None:
        return ""
    if call.method == "do":
        return caller.label if re.match(r"schedule\.every\b", receiver.text) else ""
    if call.method == "submit":
        return caller.label if is_executor(project, call, receiver) else ""
    if call.method == "add_job":
        names = makers_of(project, receiver)
        return f"a {min(names)}" if names and names <= SCHEDULERS else ""
    if call.method in LOOP_METHODS and not is_event_loop(project, call, receiver):
        return ""
    return "" if call.file.mentions(*OTHER_LOOPS) else caller.label


def is_event_loop(project: Project, call: Call, receiver: Node) -> bool:
    """Whether it is called one and no class of the project: others have methods of those names that make tasks."""
    return "loop" in receiver.text.lower() and project.called(call) is None


def is_executor(project: Project, call: Call, receiver: Node) -> bool:
    """Whether it is called one, one of Python's is in the file, and none of another make is put under the name."""
    if not call.file.mentions(*map(str.encode, EXECUTORS)):
        return False
    named = re.search(r"executor\b", receiver.text, re.IGNORECASE) is not None
    makers = makers_of(project, receiver)
    return makers <= EXECUTORS and (named or bool(makers))


def makers_of(project: Project, receiver: Node) -> frozenset[str]:
    """The names of what is called to make a receiver: of a name, or of an attribute that its class sets."""
    made = entered_or_bound(project, receiver)
    if isinstance(made, Call):
        return frozenset({made.method})
    if not isinstance(receiver, Attribute) or receiver.class_ is None:
        return frozenset()
    set_by = rf"\b{re.escape(receiver.attr)}\s{{0,9}}(?::[^=\n]{{1,80}})?=\s{{0,9}}(?:\w+\.)?(\w+)\("
    return frozenset(re.findall(set_by, receiver.class_.text))


def coroutine_function(project: Project, given: Node) -> str:
    """The name of what is given, if calling it makes a coroutine that has to do with a database; else empty."""
    if isinstance(given, Call) and given.method == "partial" and given.args:
        return coroutine_function(project, given.args[0])
    if isinstance(given, Lambda) and isinstance(given.body, Call):
        return coroutine_function(project, given.body.func) and given.text
    if not isinstance(given, Name | Attribute):
        return ""
    value = project.value_of(given)
    function = value.definition
    if value.kind is Kind.FUNCTION and isinstance(function, FunctionDef) and value.confidence > Confidence.LOW:
        plain = function.is_async and not function.is_generator and not function.decorators
        return given.text if plain and project.touches_session(function) else ""
    if isinstance(given, Attribute):
        owner = project.known(given.value)
        sure = owner.confidence is Confidence.HIGH and not is_mocked(given.value)
        return given.text if sure and given.attr in COROUTINES.get(owner.kind, ()) else ""
    return ""


def is_run_afterwards(call: Call) -> bool:
    """Whether the coroutine that comes back may be awaited after all."""
    around = call.parent
    if not isinstance(around, Await):
        return isinstance(around, Assign | NamedExpr | Attribute) and call.method in (
            "run_in_executor",
            "submit",
            "to_thread",
        )
    outer = around.parent
    if isinstance(outer, Await) or (outer is not None and isinstance(outer.parent, Await)):
        return True
    function = call.function
    name = outer.target.text if isinstance(outer, Assign | NamedExpr) else ""
    return bool(name) and function is not None and re.search(rf"await\s+{re.escape(name)}\b", function.text) is not None


def decorated(project: Project, function: FunctionDef) -> Iterator[Handed]:
    """The decorators of an async function that take it for a plain one."""
    for decorator in function.decorators:
        call = decorator if isinstance(decorator, Call) else None
        func = decorator if call is None else call.func
        if project.qualified(func) == "sqlalchemy.event.listens_for":
            yield Handed(function.name_node, function.name, "an event of SQLAlchemy", IN_EVENT)
            continue
        makers = (
            makers_of(project, func.value) if isinstance(func, Attribute) and func.attr == "scheduled_job" else None
        )
        if makers and makers <= SCHEDULERS and len(function.decorators) == 1 and project.touches_session(function):
            yield Handed(function.name_node, function.name, f"a {min(makers)}", CALLERS["add_job"].remedy)
            continue
        own_class = call is not None and call.keyword("base") is not None
        if (
            own_class
            or is_run_by_decorator(project, function)
            or not is_celery(project, func)
            or not project.touches_session(function)
            or runs_coroutines(project)
        ):
            continue
        yield Handed(function.name_node, function.name, "Celery", IN_CELERY, is_sure=len(function.decorators) == 1)


def is_run_by_decorator(project: Project, function: FunctionDef) -> bool:
    """Whether a decorator of the project, in sight, runs the coroutine in a loop of its own."""
    named = (one.func if isinstance(one, Call) else one for one in function.decorators)
    made = (project.value_of(one).definition for one in named)
    return any(isinstance(one, FunctionDef) and RUNNING.search(one.text) is not None for one in made)


def is_celery(project: Project, func: Node) -> bool:
    """Whether it is `shared_task`, or `task` of an object that `Celery()` made."""
    if project.qualified(func) in ("celery.shared_task", "celery.app.shared_task"):
        return True
    if not isinstance(func, Attribute) or func.attr != "task":
        return False
    made = followed(project, func.value)
    return isinstance(made, Call) and project.qualified(made.func) in ("celery.Celery", "celery.app.base.Celery")


@kept_for_the_run
def runs_coroutines(project: Project) -> bool:
    """Whether a file of the project names what teaches Celery to run coroutines."""
    return bool(marked_files(project, Mark.CELERY))
