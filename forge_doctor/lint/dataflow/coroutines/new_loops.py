"""Which calls run a coroutine in an event loop of its own; says nothing of how often they are reached."""

from __future__ import annotations

import re

from forge_doctor.code.semantics.literals import followed
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Assign, Attribute, Call, FunctionDef, If, Node, Subscript
from forge_doctor.regex import regex

RUNNERS = frozenset({"asyncio.run", "anyio.run"})
# What makes a plain function of an async one, that runs it in a loop of its own each time it is called.
WRAPPERS = frozenset({"asyncer.runnify", "asgiref.sync.async_to_sync"})
NEW_LOOP = regex(r"new_event_loop|asyncio\.run\(|anyio\.run\(|Runner\(")


def run_in_new_loop(project: Project, call: Call) -> Node | None:
    """The coroutine (or its function) that a call runs in an event loop of its own: by asyncio, or by a function of the
    project that does so with what it is given."""
    wrapper = call.func if isinstance(call.func, Call) and call.func.args else None
    if wrapper is not None and project.qualified(wrapper.func) in WRAPPERS:
        return wrapper.args[0]
    if not call.args:
        return None
    if project.qualified(call.func) in RUNNERS:
        return call.args[0]
    if call.method == "run_until_complete":
        around = call.function
        made_there = around is not None and "new_event_loop" in around.text and not keeps_loop(around)
        return call.args[0] if made_there else None
    helper = project.called(call)
    if helper is None or helper.is_async or NEW_LOOP.search(helper.text) is None or keeps_loop(helper):
        return None
    names = helper.param_names[1 if helper.is_method else 0 :]
    handed = (one.args[0].text for one in helper.find(Call) if one.args and is_runner(project, one))
    given = [one for one in handed if one in names]
    index = names.index(given[0]) if given else len(call.args)
    return call.args[index] if index < len(call.args) else None


def run_by_decorator(project: Project, function: FunctionDef) -> FunctionDef | None:
    """The decorator of the project that runs an `async def` in an event loop of its own each time its plain wrapper is
    called: `return asyncio.run(function(*args))`."""
    for one in function.decorators:
        decorator = project.value_of(one).definition
        if not isinstance(decorator, FunctionDef) or decorator.is_async or not decorator.param_names:
            continue
        if NEW_LOOP.search(decorator.text) is None or keeps_loop(decorator):
            continue
        runs = (call for call in decorator.find(Call) if call.function is not decorator and call.args)
        for call in runs:
            coroutine = run_in_new_loop(project, call)
            is_its = isinstance(coroutine, Call) and coroutine.func.text == decorator.param_names[0]
            if is_its and call.function is not None and not call.function.is_async:
                return decorator
    return None


FLASK_ROUTES = frozenset({"route", "get", "post", "put", "patch", "delete"})


def is_flask_route(project: Project, decorator: Node) -> bool:
    """`@app.get("/")` of a Flask application or blueprint that is made in sight."""
    if not isinstance(decorator, Call) or decorator.method not in FLASK_ROUTES or decorator.receiver is None:
        return False
    made = followed(project, decorator.receiver)
    return isinstance(made, Call) and project.qualified(made.func) in ("flask.Flask", "flask.Blueprint")


def keeps_loop(function: FunctionDef) -> bool:
    """Whether the loop that it makes is kept for the next call: under a test of what is there, in what outlives it."""
    made = [one for one in function.find(Call, nested=False) if one.method == "new_event_loop"]
    return bool(made) and all(is_kept_loop(function, one) for one in made)


def is_kept_loop(function: FunctionDef, made: Call) -> bool:
    """`if _loop is None: _loop = asyncio.new_event_loop()` of a global name, or the same of an attribute."""
    bound = made.parent
    if made.enclosing(If) is None or not isinstance(bound, Assign):
        return False
    if isinstance(bound.target, Attribute | Subscript):
        return True
    outer = re.search(rf"\b(?:global|nonlocal)\b[^\n]*\b{re.escape(bound.target.text)}\b", function.text)
    kept = re.search(rf"(?:\.\w+|\])\s*=\s*{re.escape(bound.target.text)}\b", function.text)
    return outer is not None or kept is not None


def is_runner(project: Project, call: Call) -> bool:
    """Whether a call runs a coroutine to its end."""
    return call.method == "run_until_complete" or project.qualified(call.func) in RUNNERS
