"""In what circumstances a line of a project sends its statement: before an endpoint or apart from any request, and whether
its session is ended by code that is sure to run. Reads source, judges nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple

from forge_doctor.code.orm.origins.building import SENDERS
from forge_doctor.code.orm.origins.served_files import served_files
from forge_doctor.code.semantics.entry_points import (
    background_starter,
    dependency_markers,
    handovers,
    is_dependency,
    job_caller,
)
from forge_doctor.code.semantics.inference.kept_answers import kept_for_the_run
from forge_doctor.code.semantics.library.kinds import Kind, Value
from forge_doctor.code.semantics.names.mentions import DEPENDS
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Assign, Call, FunctionDef, Name, Node, Return, Try, With, Yield

ROUTES = ("get", "post", "put", "patch", "delete", "head", "options", "api_route", "websocket", "websocket_route")
SENDING = SENDERS | {"get", "get_one", "refresh", "query", "run_sync", "execution_options"}
# What gives a connection back, or the transaction at least.
ENDING = frozenset({"close", "commit", "rollback", "remove", "aclose"})
SESSIONS = frozenset({Kind.ASYNC_SESSION, Kind.ASYNC_SCOPED, Kind.SESSION, Kind.SCOPED})
DEFINED = re.compile(rb"\bdef\s+([\w\x80-\xff]+)")
MAX_DEPTH = 3
MOST_CALLERS = 12


class RunsAs(StrEnum):
    """What calls a function in the end."""

    DEPENDENCY = "dependency"  # of an endpoint that runs after it
    BACKGROUND = "background task"  # apart from any request
    UNKNOWN = ""


class Circumstances(NamedTuple):
    """`starter` says in words what starts it, where nothing but a request does empty; `ended` whether code that is sure
    to run ends the session it uses (`with`, `finally`, a dependency that does), None where that is not to be seen."""

    runs_as: RunsAs = RunsAs.UNKNOWN
    starter: str = ""
    ended: bool | None = None


def circumstances(project: Project, node: Node) -> Circumstances:
    """Those of the line that has this node."""
    function = node.function
    if function is None:
        return Circumstances()
    runs_as, starter = _runs_as(project, function, 0)
    session = _session_of(node)
    ended = None if session is None else _is_ended(project, function, session, node, 0)
    return Circumstances(runs_as, starter, ended)


def _runs_as(project: Project, function: FunctionDef, depth: int) -> tuple[RunsAs, str]:
    """What runs it, or all functions that call it."""
    if is_dependency(project, function):
        return RunsAs.DEPENDENCY, f"Depends({function.name})"
    starter = background_starter(project, function) or job_caller(project, function)
    if starter:
        return RunsAs.BACKGROUND, starter
    found = set()
    for call in _calls_of(project, function) if depth < MAX_DEPTH else ():
        caller = call.function
        found.add((RunsAs.UNKNOWN, "") if caller is None else _runs_as(project, caller, depth + 1))
    kinds = {kind for kind, _ in found}
    return next(iter(sorted(found))) if len(kinds) == 1 else (RunsAs.UNKNOWN, "")


def _calls_of(project: Project, function: FunctionDef) -> Iterator[Call]:
    """Where the project calls it; nowhere where its name is everybody's."""
    found: list[Call] = []
    word = function.name.encode()
    for path, data in served_files(project).items():
        file = project.open(path) if word in data else None
        calls = () if file is None else file.calls(function.name)
        found += [one for one in calls if one.function is not function and project.called(one) is function]
        if len(found) > MOST_CALLERS:
            return
    yield from found


def _session_of(node: Node) -> str | None:
    """What the function calls the session that sends the statement of this node."""
    inner = node
    for one in (node, *node.ancestors):
        if isinstance(one, FunctionDef):
            break
        if isinstance(one, Call) and one.receiver is not None and one.method in SENDING and one.receiver is not inner:
            return one.receiver.text
        if isinstance(one, Assign) and isinstance(one.target, Name):
            return _sender_of(one.target)
        inner = one
    return None


def _sender_of(variable: Name) -> str | None:
    """The session a statement that lies in a variable is given to."""
    function = variable.function
    for call in () if function is None else function.find(Call):
        if call.receiver is not None and call.method in SENDING and any(one.text == variable.id for one in call.args):
            return call.receiver.text
    return None


def _is_ended(project: Project, function: FunctionDef, session: str, at: Node, depth: int) -> bool | None:
    if _is_in_block(session, at):
        # A generator that nobody reads to its end does not come to the end of its blocks.
        return None if function.is_generator and not is_dependency(project, function) else True
    if session in function.param_names and not any(one.target.text == session for one in function.find(Assign)):
        return _is_ended_by_giver(project, function, session, depth)
    if not session.isidentifier():
        return None
    ending = [one for one in function.find(Call) if one.method in ENDING and one.is_on(session)]
    if any(_is_sure(function, one) for one in ending):
        return True
    made = any(one.target.text == session and isinstance(one.value, Node) for one in function.find(Assign))
    return False if made and not ending and not _is_handed_out(function, session) else None


def _is_in_block(session: str, at: Node) -> bool:
    """`with Session() as session:`, `with session:` or `with session.begin():` around it."""
    return any(
        (item.target is not None and item.target.text == session)
        or item.value.text == session
        or (isinstance(item.value, Call) and item.value.func.text == f"{session}.begin")
        for around in at.ancestors
        if isinstance(around, With) and around.function is at.function
        for item in around.items
    )


def _is_sure(function: FunctionDef, call: Call) -> bool:
    """Whether it stands in a `finally`."""
    return any(
        part.start <= call.start and call.end <= part.end for one in function.find(Try) for part in one.finalbody
    )


def _is_handed_out(function: FunctionDef, session: str) -> bool:
    """Whether another part of the program gets the session, and may end it."""
    given = [one for call in function.find(Call) for one in (*call.args, *(each.value for each in call.keywords))]
    values = (
        *(one.value for one in function.find(Assign)),
        *(one.value for one in function.find(Return)),
        *(one.value for one in function.find(Yield)),
    )
    return any(one is not None and one.text == session for one in (*given, *values))


def _is_ended_by_giver(project: Project, function: FunctionDef, session: str, depth: int) -> bool | None:
    """A parameter: by the dependency that gives it, or by all that call the function."""
    if _is_endpoint(function) or next(dependency_markers(project, function), None) is not None:
        return _dependencies_end(project)
    answers: set[bool | None] = set()
    for call in _calls_of(project, function) if depth < MAX_DEPTH else ():
        caller, given = call.function, _argument(function, call, session)
        known = caller is not None and given is not None
        answers.add(_is_ended(project, caller, given, call, depth + 1) if known and caller and given else None)
    return answers.pop() if len(answers) == 1 else None


def _is_endpoint(function: FunctionDef) -> bool:
    return any(isinstance(one, Call) and one.method in ROUTES for one in function.decorators)


def _argument(function: FunctionDef, call: Call, name: str) -> str | None:
    """What a call gives for a parameter."""
    for keyword in call.keywords:
        if keyword.name == name:
            return keyword.value.text
    own = list(function.param_names)
    at = own.index(name) - (1 if function.is_method and call.receiver is not None else 0)
    return call.args[at].text if 0 <= at < len(call.args) else None


@kept_for_the_run
def _dependencies_end(project: Project) -> bool | None:
    """Whether each dependency that gives a session ends it behind its `yield`."""
    providers = tuple(_session_providers(project))
    return True if providers and all(map(_ends_behind_yield, providers)) else None


def _session_providers(project: Project) -> Iterator[FunctionDef]:
    wanted = {name for name, places in handovers(project).items() if any(one.by in DEPENDS for one in places)}
    for path, data in served_files(project).items():
        # By their cost: the text, the names of dependencies, the tree, the annotations.
        is_promising = b"yield" in data and any(
            name.decode(errors="replace") in wanted for name in DEFINED.findall(data)
        )
        file = project.open(path) if is_promising else None
        for one in () if file is None else project.scopes(file).functions:
            if one.is_generator and is_dependency(project, one):
                given = project.provided(Value(Kind.FUNCTION, definition=one))
                if given.kind in SESSIONS:
                    yield one


def _ends_behind_yield(provider: FunctionDef) -> bool:
    lent = next(iter(provider.find(Yield, nested=False)), None)
    if lent is None or lent.value is None:
        return False
    session = lent.value.text
    in_finally = any(
        one.method in ENDING and one.is_on(session) and _is_sure(provider, one) for one in provider.find(Call)
    )
    return in_finally or _is_in_block(session, lent)
