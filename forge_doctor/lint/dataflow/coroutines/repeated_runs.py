"""What runs a plain function again and again in one process: a loop, an endpoint, a task queue, a scheduler, threads; says
nothing of what it runs."""

from __future__ import annotations

from forge_doctor.code.semantics.entry_points import background_starter, job_caller
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import (
    Attribute,
    Call,
    ClassDef,
    Comprehension,
    ComprehensionFor,
    For,
    FunctionDef,
    Keyword,
    Lambda,
    Name,
    While,
)
from forge_doctor.lint.dataflow.coroutines.forks import is_in_child
from forge_doctor.lint.dataflow.frameworks.injection import endpoint_decorator
from forge_doctor.regex import regex

STARTED = regex(r"@[\w.]*(?:command|callback|cli)\b|@click")
CELERY_TASKS = ("celery.Task", "celery.app.task.Task")
THREADS = {"Thread": (1, "target"), "submit": (0, "fn"), "to_thread": (0, "func"), "run_in_executor": (1, "func")}


def repeated(project: Project, function: FunctionDef, call: Call) -> str:
    """What runs the function again and again; empty where nothing in sight does."""
    if STARTED.search(function.file.data[max(0, function.start - 200) : function.start].decode("utf-8", "replace")):
        return ""
    around = [one for one in call.ancestors if isinstance(one, For | While)]
    if around and is_in_child(project, call):  # each child runs it once
        return ""
    # What is made before the statement is the same event loop each time.
    if any(call.method != "run_until_complete" or "new_event_loop" in one.text for one in around):
        return "a loop"
    if endpoint_decorator(project, function) is not None:
        return "an endpoint, for each request"
    return (
        background_starter(project, function)
        or celery_task(project, function)
        or job_caller(project, function)
        or in_threads(project, function)
    )


SCHEDULERS = {"add_job": "APScheduler", "do": "schedule"}


def scheduled(call: Call) -> str:
    """The scheduler that runs a lambda with the call in it, again and again; empty for any other call."""
    around = next((one for one in call.ancestors if isinstance(one, Lambda | FunctionDef)), None)
    given = None if not isinstance(around, Lambda) else around.parent
    given = given.parent if isinstance(given, Keyword) else given
    if not isinstance(given, Call) or given.method not in SCHEDULERS or given.func.contains(call):
        return ""
    # A job of one date runs once.
    once = any("date" in one.text.lower() for one in (*given.args, *given.keywords) if one is not around)
    return "" if once else f"{SCHEDULERS[given.method]} in line {given.line}"


def celery_task(project: Project, function: FunctionDef) -> str:
    """The class whose `run()` it is, if that is a task of Celery's."""
    owner = function.owner
    if function.name != "run" or not isinstance(owner, ClassDef):
        return ""
    is_task = any(project.qualified(one) in CELERY_TASKS for one in owner.bases)
    return f"celery ({owner.name})" if is_task else ""


def in_threads(project: Project, function: FunctionDef) -> str:
    """The call of the same file that starts a thread with the function, in a loop or for each call of an `async def`."""
    for call in function.file.calls(*THREADS):
        given = call.argument(*THREADS[call.method])
        if not isinstance(given, Name | Attribute) or project.value_of(given).definition is not function:
            continue
        starter = call.function
        if any(isinstance(one, For | While | ComprehensionFor | Comprehension) for one in call.ancestors) or (
            starter is not None and starter.is_async
        ):
            return f"a thread for each in line {call.line}"
    return ""
