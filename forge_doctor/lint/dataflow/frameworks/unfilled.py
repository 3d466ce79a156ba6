"""Functions with a `Depends` in a default that are handed to what fills none in: a scheduler, a background task, a start-up
hook, a task queue; knows who fills them in by the decorators it has seen."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from forge_doctor.code.semantics.entry_points import JOB_DECORATORS
from forge_doctor.code.semantics.library.kinds import Kind, words
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import (
    Assign,
    Attribute,
    Call,
    ClassDef,
    Dict,
    FunctionDef,
    Keyword,
    Name,
    Node,
    Param,
    Sequence,
    Starred,
)
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.finding import Confidence
from forge_doctor.regex import regex

TAKERS = {"add_job": "the scheduler", "add_task": "the background task", "BackgroundTask": "the background task"}
# These call with no arguments, or with those of a message.
HOOKS = frozenset({"repeat_every", "repeat_at", "on_event", "scheduled_job", "task", "shared_task", "actor"})

# Decorators that call the function with what they were called with: routes, and those of Python.
HANDED_THROUGH = words(
    "get post put patch delete head options api_route websocket route staticmethod classmethod asynccontextmanager"
)
INJECTING = regex(r"inject|Depends|resolve|signature|__annotations__|get_type_hints|[sS]ession|provide")
# One pattern for each word: a search that begins with a choice costs four times as much as all of them.
AWAITED = tuple(
    (word, regex(start + rb"\s{0,40}([^\W\d]\w*)\s{0,8}\("))
    for word, start in (
        (b"await", rb"await\s"), (b"create_task(", rb"create_task\("), (b"ensure_future(", rb"ensure_future\("),
        (b"gather(", rb"gather\("), (b"run(", rb"run\("), (b"run_until_complete(", rb"run_until_complete\("),
        (b"wait_for(", rb"wait_for\("),
    )
)  # fmt: skip


class Unfilled(NamedTuple):
    """A function handed over at `place`, the parameter that nobody fills in, and who calls it."""

    place: Node
    function: FunctionDef
    param: Param
    caller: str


def unfilled(file: SourceFile, project: Project) -> Iterator[Unfilled]:
    """What the file hands over, by a call or by a decorator."""
    for call in file.calls(*TAKERS):
        given = call.argument(0, "func")
        function = project.value_of(given).definition if isinstance(given, Name | Attribute) else None
        if isinstance(function, FunctionDef) and not function.decorators:
            wanted = [one for one in markers(project, function) if not is_passed(call, function, one)]
            yield from (Unfilled(call, function, one, TAKERS[call.method]) for one in wanted)
    if not file.mentions(*(b"@%s" % name.encode() for name in HOOKS), *(b".%s" % name.encode() for name in HOOKS)):
        return
    for function in file.query(FunctionDef):
        caller = hook_of(function) if len(function.decorators) <= 2 else ""
        if caller:
            yield from (Unfilled(one, function, one, caller) for one in markers(project, function))


def hook_of(function: FunctionDef) -> str:
    """The decorator that has the function called by something else than the framework; empty where there is none, or
    another decorator beside it that may fill in what is missing."""
    names = [one.func.text if isinstance(one, Call) else one.text for one in function.decorators]
    if not names or any(name.rpartition(".")[2] not in HOOKS for name in names):
        return ""
    by = JOB_DECORATORS.get(names[-1].rpartition(".")[2], "")
    return f"{by or 'a hook'} (`@{names[-1]}`)"


def markers(project: Project, function: FunctionDef) -> Iterator[Param]:
    """The parameters whose default is FastAPI's `Depends` of a session."""
    for param in function.params:
        default = param.default if isinstance(param, Param) else None
        if (
            isinstance(param, Param)
            and isinstance(default, Call)
            and project.qualified(default.func).startswith("fastapi.")
        ):
            value = project.value_of(default)
            if value.kind is Kind.DEPENDENCY and (
                value.inner.kind.is_async_session or value.inner.kind.is_sync_session
            ):
                yield param


def is_passed(call: Call, function: FunctionDef, param: Param) -> bool:
    """Whether the call hands it on, or may."""
    if any(isinstance(one, Starred) for one in call.args) or any(not one.name for one in call.keywords):
        return True
    if any(isinstance(one, Keyword) and one.name == param.name for one in call.keywords):
        return True
    place = function.param_names.index(param.name) - (1 if function.is_method else 0)
    if call.method != "add_job":
        return place < len(call.args) - 1
    listed, named = call.keyword("args"), call.keyword("kwargs")
    if (listed is not None and not isinstance(listed, Sequence)) or (named is not None and not isinstance(named, Dict)):
        return True
    keys = [key.text.strip("\"'") for key, _ in named.items] if isinstance(named, Dict) else []
    return param.name in keys or (isinstance(listed, Sequence) and place < len(listed.elts))


def is_given(call: Call, function: FunctionDef, param: Param) -> bool:
    """Whether the call passes it, or may."""
    if any(isinstance(one, Starred) for one in call.args) or any(not one.name for one in call.keywords):
        return True
    if any(isinstance(one, Keyword) and one.name == param.name for one in call.keywords):
        return True
    return function.param_names.index(param.name) < len(call.args) + (1 if function.is_method else 0)


def left_empty(project: Project, function: FunctionDef, param: Param) -> Confidence | None:
    """How sure it is that no decorator fills the parameter in; None where one in sight may, or is called for that, and
    where the function does nothing with it."""
    if re.search(rf"\b(?:{param.name}|locals)\b".encode(), function.file.data[param.end : function.end]) is None:
        return None
    sure = Confidence.HIGH
    for one in function.decorators:
        named = one.func if isinstance(one, Call) else one
        if named.text.rpartition(".")[2] in HANDED_THROUGH:
            continue
        made_by = project.value_of(named).definition
        if not isinstance(made_by, FunctionDef):
            sure = Confidence.MEDIUM
        if INJECTING.search(named.text if not isinstance(made_by, FunctionDef) else f"{named.text} {made_by.text}"):
            return None
        if isinstance(made_by, FunctionDef) and re.search(rf"\b{param.name}\b", made_by.text):
            return None
    return sure


def made_by_hand(file: SourceFile, project: Project) -> Iterator[tuple[Call, FunctionDef, Param]]:
    """`Orders()` of a class whose `__init__` wants a session from `Depends`: the call, that method, its parameter."""
    for name in sorted(one for one in file.names_called if is_class_name(one) and file.calls_alone(one)):
        init = init_with_marker(file, project, name)
        if init is None:
            continue
        for call in file.calls(name):
            around = call.function
            if project.called(call) is not init or around is None or is_set_afterwards(call, around):
                continue
            for param in markers(project, init):
                if not is_given(call, init, param):
                    yield call, init, param


def is_class_name(name: str) -> bool:
    """Whether it is written as those of classes are."""
    return name.isascii() and "A" <= name[0] <= "Z" and len(name) > 1


def called_plainly(file: SourceFile, project: Project) -> Iterator[tuple[Call, FunctionDef, Param]]:
    """`orders()` of a plain function of this file that wants a session from `Depends`: the call, the function, its
    parameter."""
    if not file.mentions(b"Depends"):
        return
    for function in project.scopes(file).functions:
        wanted = () if function.is_async or function.is_method else tuple(markers(project, function))
        for call in file.calls(function.name) if wanted else ():
            if call.function is not None and project.called(call) is function:
                yield from ((call, function, one) for one in wanted if not is_given(call, function, one))


def init_with_marker(file: SourceFile, project: Project, name: str) -> FunctionDef | None:
    """The `__init__` of the class that a name of the module stands for, where its file says `Depends`."""
    bindings = project.scopes(file).module.bindings(name)
    home = None if not bindings else project.module(bindings[-1].module, file) if bindings[-1].imported else file
    if home is None or not home.mentions(b"Depends"):
        return None
    found = project.target(bindings[-1], file).binding
    class_ = None if found is None else found.node
    return project.method(class_, "__init__") if isinstance(class_, ClassDef) and not class_.decorators else None


def is_set_afterwards(call: Call, around: FunctionDef) -> bool:
    """Whether attributes of the object are set where it is made: that may be the session."""
    name = call.parent.target.text if isinstance(call.parent, Assign) else ""
    return bool(name) and re.search(rf"\b{re.escape(name)}\.\w+\s*=[^=]", around.text) is not None


def awaited_without(file: SourceFile, project: Project) -> Iterator[tuple[Call, FunctionDef, Param]]:
    """`await create_order(x)` where create_order has `db: AsyncSession = Depends(get_session)`: the call, the function, its
    parameter."""
    names = frozenset(project_markers(project, file))
    for call in file.calls(*names) if names else ():
        function = project.called(call)
        for param in () if function is None else function.params:
            if function is not None and isinstance(param, Param) and is_session_marker(project, param):
                yield call, function, param


def project_markers(project: Project, file: SourceFile) -> Iterator[str]:
    """The names of functions that are awaited here and may have such a parameter, of this file or imported."""
    data = file.data
    written = {found.group(1).decode() for word, one in AWAITED if word in data for found in one.finditer(data)}
    for awaited in sorted(written):
        bindings = project.scopes(file).module.bindings(awaited)
        if not bindings:
            continue
        binding = bindings[-1]
        home = project.module(binding.module, file) if binding.imported else file
        if home is not None and home.mentions(b"Depends(") and binding.imported.encode() in home.data:
            node = project.target(binding, file).binding
            if node is not None and isinstance(node.node, FunctionDef):
                yield awaited


def is_session_marker(project: Project, param: Param) -> bool:
    """Whether a parameter's default is a `Depends` that gives a session."""
    default = param.default
    return (
        isinstance(default, Call)
        and project.value_of(default).kind is Kind.DEPENDENCY
        and project.value_of(default).inner.kind.is_async_session
    )
