"""Sessions that a function is given and has queried with when it opens another one: all of a project's asynchronous sessions
wait at one pool where it makes one engine. Follows no call that it cannot resolve."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from forge_doctor.code.semantics.library.kinds import Kind
from forge_doctor.code.semantics.names.marks import Mark
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.semantics.project_outline import marked_functions
from forge_doctor.code.syntax.dominance import always_before
from forge_doctor.code.syntax.nodes import Await, Call, FunctionDef
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.lint.dataflow.connections.connection_stretches import state_before
from forge_doctor.lint.dataflow.connections.handles import Handles, session_sources
from forge_doctor.lint.dataflow.connections.holding_classes import objects_given, sessions_given
from forge_doctor.lint.dataflow.sessions.begun_by_wrappers import wrapped_names
from forge_doctor.lint.dataflow.sessions.module_engines import engine_behind, engine_used
from forge_doctor.lint.dataflow.sessions.servers import has_one_async_engine

SESSIONS = (Kind.ASYNC_SESSION, Kind.ASYNC_SCOPED)


class TakenTwice(NamedTuple):
    """The call that opens the second session, itself or in the function that it runs, how the function writes the first one,
    and the query that has taken its connection."""

    opens: Call
    first: str
    query: Call


def taken_by_called(file: SourceFile, project: Project) -> Iterator[TakenTwice]:
    """Awaited functions that open a session of their own, while one that the caller was given has a connection."""
    names = (marked_functions(project, Mark.ENTERS) & file.names_called) | wrapped_names(file, project)
    for call in file.calls(*names) if names else ():
        called = project.called(call) if isinstance(call.parent, Await) and has_one_async_engine(project) else None
        used = None if called is None else engine_used(project, called, call)
        if (
            used is not None
            and used.engine.pool_class != "NullPool"
            and (found := taken_before(project, call)) is not None
        ):
            yield found


def taken_around(project: Project, opens: Call) -> TakenTwice | None:
    """The same for a session that the function opens itself."""
    engine = engine_behind(project, opens) if has_one_async_engine(project) else None
    return None if engine is None or engine.pool_class == "NullPool" else taken_before(project, opens)


def taken_before(project: Project, opens: Call) -> TakenTwice | None:
    """A session that the function was given, and that has surely queried by then; its dependencies are asked elsewhere."""
    function = opens.function
    if function is None or not function.is_async or session_sources(project, function):
        return None
    for handles in given(project, function):
        names = [name for name, _ in handles]
        if any(one.text in names for one in (*opens.args, *(pair.value for pair in opens.keywords))):
            continue
        state = state_before(project, function, handles, function.start, opens.start)
        if state.query is None or state.at is None or state.ended or state.handed or not always_before(state.at, opens):
            continue
        return TakenTwice(opens, next((name for name in names if state.at.is_on(name)), names[0]), state.at)
    return None


def given(project: Project, function: FunctionDef) -> Iterator[Handles]:
    """The ways by which it reaches a session that was made outside."""
    yield from sessions_given(project, function, SESSIONS)
    yield from objects_given(project, function)
