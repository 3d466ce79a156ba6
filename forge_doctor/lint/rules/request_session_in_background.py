"""A request's session is handed to something that outlives the request.

Why: the session belongs to the request, which closes it. A task made with `create_task` goes on with a session that
the request uses at the same time, and that is closed under it. BackgroundTasks run after the response: FastAPI 0.106
to 0.117 has closed the session by then, other versions keep its connection out of the pool until the task ends. Keeping
the task in a set, as asyncio's documentation asks, keeps no session open. Wrong when somebody waits for the task: an
await, gather or task group of the function, a name it is returned or handed on by, are looked for; a function that never
reads the session it is given is let be.

Bad:

    import asyncio
    from sqlalchemy.ext.asyncio import AsyncSession

    async def notify(db: AsyncSession): ...

    async def order(db: AsyncSession):
        asyncio.create_task(notify(db))

Good:

    import asyncio
    from sqlalchemy.ext.asyncio import async_sessionmaker

    async def notify(factory: async_sessionmaker):
        async with factory() as db:
            ...

    async def order(factory: async_sessionmaker):
        asyncio.create_task(notify(factory))

Source: https://fastapi.tiangolo.com/tutorial/dependencies/dependencies-with-yield/ (Dependencies with yield and
background tasks); DataJunction/dj#1492, fastapi/fastapi#581
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.code.orm.library_version import exits_after_tasks, exits_before_response
from forge_doctor.code.semantics.inference.kept_answers import kept_for_the_run
from forge_doctor.code.semantics.library.kinds import Kind
from forge_doctor.code.semantics.names.bindings import How
from forge_doctor.code.semantics.names.marks import Mark
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.semantics.project_outline import marked_functions
from forge_doctor.code.syntax.nodes import (
    Attribute,
    Await,
    Call,
    ClassDef,
    Dict,
    Expr,
    FunctionDef,
    Name,
    Node,
    Param,
    Sequence,
)
from forge_doctor.code.syntax.prefilter import AnyWord
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.code.syntax.stubs import is_test_file
from forge_doctor.finding import Confidence, Evidence, Finding, Severity
from forge_doctor.lint.dataflow.objects.expiry import provider_of
from forge_doctor.lint.dataflow.requests.concurrency import launched
from forge_doctor.lint.dataflow.requests.left_tasks import is_closed_behind, is_kept, is_left_alone, is_waited_for
from forge_doctor.lint.dataflow.requests.task_sessions import Use, is_ignored, session_of_task, sessions_used
from forge_doctor.lint.dataflow.sessions.lifetimes import lifetime_of_param
from forge_doctor.lint.dataflow.use_def import parameter_name

SUSPECT = AnyWord(b"Depends", b"ession", b"add_task", b"BackgroundTask", b"create_task", b"ensure_future", b"add_job")
# Who calls a service may say no word of a database.
EVERYWHERE = True
LINE_DOES = ("holds",)
ANEW = "the task begins a transaction on a closed session, and nothing gives that connection back"
HELD = "the session is closed when the task has ended, and its connection stays out of the pool until then"


@check(severity=Severity.ERROR)
def request_session_in_background(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Look at what is handed to BackgroundTasks, and at tasks nobody waits for."""
    for call in file.calls("add_task", "BackgroundTask"):
        use = handed_over(project, call)
        if use is not None:
            yield found(file, project, call, use, Severity.WARNING)
    for call in file.calls("add_job"):
        use = None if is_test_file(file) else scheduled(project, call)
        if use is not None:
            yield found(file, project, call, use, Severity.ERROR)
    starters = starter_names(project) & file.names_called
    for call in file.calls("create_task", "ensure_future", *starters):
        own_task = call.method in ("create_task", "ensure_future")
        alone = is_left_alone(project, call) if own_task else isinstance(call.parent, Expr) and started(project, call)
        if alone and not is_test_file(file):
            coroutine = (launched(call) if own_task else call.args[0]) or call
            use = next(sessions_used(project, coroutine), None)
            if use is not None and not is_ignored(project, coroutine, use) and not is_waited_for(call, coroutine, use):
                own = (
                    is_closed_by(project, coroutine, use)
                    or is_closed_behind(call, use)
                    or is_made_by_object(project, use)
                )
                yield found(
                    file, project, call, use._replace(confidence=Confidence.LOW) if own else use, Severity.ERROR
                )


@kept_for_the_run
def starter_names(project: Project) -> frozenset[str]:
    """The names of functions that make a task of something they name: `create_task(coroutine)`."""
    return marked_functions(project, Mark.STARTS)


def started(project: Project, call: Call) -> bool:
    """Whether a function of the project that makes tasks is given a coroutine, and leaves the task alone."""
    function = project.called(call) if call.function is not None else None
    if function is None or function.is_async:
        return False
    for task in function.find(Call, nested=False):
        coroutine = launched(task) if task.method in ("create_task", "ensure_future") else None
        given = function.argument(call, coroutine.text) if isinstance(coroutine, Name) else None
        if given is not None and given in call.args:
            return is_left_alone(project, task)
    return False


def handed_over(project: Project, call: Call) -> Use | None:
    """The session given to BackgroundTasks; a project's own `add_task` is none of ours."""
    if call.method == "add_task":
        receiver = call.receiver
        if receiver is None or not is_background_tasks(project, receiver):
            return None
    started = call.args[0] if call.args else None
    # `add_task(partial(notify, db))`
    made = started if isinstance(started, Call) and started.method == "partial" else call
    given = next((use for use in sessions_used(project, made) if use.node is not call.receiver), None)
    given = given or sync_session_given(project, call)
    if given is None and made.args:
        return session_of_task(project, made.args[0])
    return None if given is None or is_ignored(project, call, given) else given


def sync_session_given(project: Project, call: Call) -> Use | None:
    """A Session among the arguments: closed by then, it begins again by itself, and nobody closes it a second time."""
    for argument in (*call.args, *(one.value for one in call.keywords)):
        value = project.known(argument) if isinstance(argument, Name | Attribute) else None
        if value is not None and value.kind is Kind.SESSION and value.confidence > Confidence.LOW:
            return Use(text=argument.text, node=argument, confidence=Confidence.MEDIUM)
    return None


def scheduled(project: Project, call: Call) -> Use | None:
    """The session among the `args` of a scheduler's `add_job(function, args=[session])`."""
    listed, named = call.keyword("args"), call.keyword("kwargs")
    given = [*(listed.elts if isinstance(listed, Sequence) else ())]
    given += [value for _, value in named.items] if isinstance(named, Dict) else []
    for argument in given:
        value = project.known(argument) if isinstance(argument, Name | Attribute) else None
        if value is not None and value.kind in (Kind.ASYNC_SESSION, Kind.SESSION) and value.confidence > Confidence.LOW:
            return Use(text=argument.text, node=argument, confidence=value.confidence)
    return None


def is_closed_by(project: Project, coroutine: Node, use: Use) -> bool:
    """Whether the coroutine closes the session it is given: it may have become its own by agreement."""
    function = project.called(coroutine) if isinstance(coroutine, Call) else None
    if function is None or not isinstance(coroutine, Call) or use.node.parent is None:
        return False
    if function.contains(use.node):
        return any(one.method in ("close", "aclose") and one.is_on(use.text) for one in function.find(Call))
    name = parameter_name(function, coroutine, use.node, use.node.parent)
    return bool(name and lifetime_of_param(project, function, name).closes)


def is_made_by_object(project: Project, use: Use) -> bool:
    """Whether it is `self.conn`, which the object of the task has opened by itself and was not given: it knows its tasks,
    and when they have ended."""
    around, _, attribute = use.text.rpartition(".")
    function, class_ = use.node.function, use.node.class_
    if function is None or class_ is None or around not in function.param_names[:1]:
        return False
    assigns = project.scopes(use.node.file).attribute_assignments.get(attribute, ())
    values = [
        one.value for one in assigns if one.class_ is class_ and one.value is not None and one.value.text != "None"
    ]
    return bool(values) and all(isinstance(one.value if isinstance(one, Await) else one, Call) for one in values)


def is_background_tasks(project: Project, receiver: Node) -> bool:
    """Whether it is FastAPI's BackgroundTasks, told by its type, else by its name."""
    name = project.qualified(receiver)
    own = project.value_of(receiver).definition
    if isinstance(own, ClassDef) and not any("BackgroundTasks" in one.text for one in own.bases):
        return False
    if isinstance(receiver, Name) and receiver.function is not None:
        param = receiver.function.param(receiver.text)
        if param is not None and param.annotation is not None:
            return "BackgroundTasks" in param.annotation.text
    return "BackgroundTasks" in name or re.search(r"background|^tasks$", receiver.text) is not None


def origin(project: Project, use: Use) -> tuple[str, Confidence]:
    """Where the session comes from, in words, and how sure it is that it is closed before the task ends."""
    root = use.node
    found_at = project.scopes(root.file).lookup(root.text, root) if isinstance(root, Name) else None
    if found_at is None:
        return "it belongs to somebody else", min(use.confidence, Confidence.MEDIUM)
    binding, around = found_at[1][-1].node, found_at[0].node
    if isinstance(around, FunctionDef) and around.is_method and root.text in around.param_names[:1]:
        return "it is that of the object, and who made that closes it", min(use.confidence, Confidence.MEDIUM)
    if isinstance(around, FunctionDef) and found_at[1][-1].how is How.PARAM:
        words = (
            "a dependency closes it" if is_injected(project, binding) else f"the caller of {around.name}() closes it"
        )
        return words, use.confidence
    return f"it is closed where the block of line {binding.line} ends", use.confidence


def is_injected(project: Project, param: Node) -> bool:
    """Whether a dependency gives the parameter."""
    if not isinstance(param, Param):
        return False
    given = param.default is not None and project.value_of(param.default).kind is Kind.DEPENDENCY
    return given or "Depends" in param.text or provider_of(project, param) is not None


def found(file: SourceFile, project: Project, call: Call, use: Use, severity: Severity) -> Finding:
    """The finding, at the call that hands the session over."""
    why, confidence = origin(project, use)
    if "dependency" not in why and is_kept(project, call):
        confidence = min(confidence, Confidence.MEDIUM)  # who keeps the task may wait for it elsewhere
    if severity is Severity.WARNING:
        late, meets = "runs after the response", met_after_response(file, project) if "dependency" in why else ANEW
    else:
        late, meets = "goes on by itself", "the task meets a closed session, or keeps its connection out of the pool"
    return file.finding(
        request_session_in_background,
        call,
        f"`{use.text}` is handed to a task that {late}, but {why}: {meets}",
        severity=severity,
        confidence=confidence,
        remedy="open a session in the task itself: `async with Factory() as session:`; hand over ids, not the session",
        evidence=(Evidence(label="session", value=use.text, source=f"line {use.node.line}"),),
    )


def met_after_response(file: SourceFile, project: Project) -> str:
    """What background tasks meet of a dependency's session, by the FastAPI the project asks for."""
    if exits_before_response(project, file):
        return f"{ANEW} (FastAPI 0.106 to 0.117 ends dependencies before the tasks)"
    if exits_after_tasks(project, file):
        return f"{HELD} (FastAPI ends dependencies after the tasks, but for 0.106 to 0.117)"
    return f"with FastAPI 0.106 to 0.117 {ANEW}; with any other {HELD}"
