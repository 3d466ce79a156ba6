"""The begin block in which a decorator calls what it decorates, with the session it has begun on; looks at the project's own
decorators, and at what they say themselves."""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Call, FunctionDef, Name, Node, With
from forge_doctor.finding import Confidence
from forge_doctor.lint.dataflow.sessions.transactions import BeginBlock, begin_blocks


def block_of_decorator(project: Project, function: FunctionDef, session: Node) -> BeginBlock | None:
    """The block, where the function is given that session by name: `await func(*args, session=session)` in
    `async with session.begin():`."""
    name = session.text
    if name not in function.param_names or not project.is_async_session(session):
        return None
    for decorator in function.decorators:
        made = project.value_of(decorator.func if isinstance(decorator, Call) else decorator).definition
        if not isinstance(made, FunctionDef) or not made.file.mentions(b".begin"):
            continue
        places = [one for one in calls_of_decorated(made, function, name) if one is not None]
        if len(places) == 1:
            call, given = places[0]
            block = next((one for one in blocks_around(project, call) if one.session == given), None)
            return None if block is None else block._replace(session=name)
    return None


def calls_of_decorated(decorator: FunctionDef, function: FunctionDef, name: str) -> Iterator[tuple[Call, str] | None]:
    """Where a decorator calls what it is given, and what it calls the session there; None for a call without it."""
    outer = {one for inner in (decorator, *decorator.find(FunctionDef)) for one in inner.param_names[:1]}
    for call in decorator.find(Call):
        within = call.function
        if not isinstance(call.func, Name) or call.func.text not in outer or within is None:
            continue
        if within is decorator or call.func.text in within.param_names:
            continue
        given = call.keyword(name)
        if given is None and function.param_names[:1] == (name,) and call.args:
            given = call.args[0]
        yield None if given is None else (call, given.text)


def blocks_around(project: Project, call: Call) -> Iterator[BeginBlock]:
    """The begin blocks around a call: known ones, and what is begun on a session that nothing else tells to be one."""
    yield from begin_blocks(project, call)
    for around in call.ancestors:
        if isinstance(around, FunctionDef):
            return
        if not isinstance(around, With) or not around.is_async:
            continue
        for item in around.items:
            opener = item.value
            if isinstance(opener, Call) and opener.method in ("begin", "begin_nested") and opener.receiver is not None:
                held = opener.receiver.text if item.target is None else item.target.text
                yield BeginBlock(around, held, opener, Confidence.MEDIUM, opener.method == "begin_nested")
