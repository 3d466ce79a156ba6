"""Whether each statement of a session or connection is a transaction of its own (`isolation_level="AUTOCOMMIT"`), by the
engine behind it, in whatever file that is made; what is set on one connection later is not followed."""

from __future__ import annotations

from forge_doctor.code.orm.engines import engine_call
from forge_doctor.code.semantics.inference.kept_answers import kept_for_the_run
from forge_doctor.code.semantics.library.kinds import Kind
from forge_doctor.code.semantics.literals import alias_of, followed
from forge_doctor.code.semantics.names.marks import Mark
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.semantics.project_outline import marked_contents
from forge_doctor.code.syntax.nodes import Attribute, Call, Name, Node
from forge_doctor.lint.dataflow.objects.expiry import maker_of
from forge_doctor.lint.dataflow.sessions.transactions import opened_by

LEVEL = "AUTOCOMMIT"
MOST_HOPS = 8
ENGINES = (Kind.ASYNC_ENGINE, Kind.ENGINE)
CONNECTIONS = (Kind.ASYNC_CONNECTION, Kind.CONNECTION)


def is_autocommit(project: Project, handle: Node, kind: Kind | None) -> bool:
    """Whether a session or connection of that kind may commit each statement by itself: by its engine, or, of a connection,
    by anything its file says of it."""
    if kind in CONNECTIONS and LEVEL.encode() in handle.file.data:
        return True
    return is_anywhere(project) and commits_each(project, handle)


@kept_for_the_run
def is_anywhere(project: Project) -> bool:
    """Whether any file of the project says so of anything."""
    return any(LEVEL.encode() in data for data in marked_contents(project, Mark.ENGINES))


def commits_each(project: Project, given: Node, hops: int = 0) -> bool:
    """The same of an engine, a factory, or what they give, followed to the call that makes the engine."""
    if isinstance(given, Call):
        if LEVEL in given.text:
            return True
        engine = engine_call(given, project)
        if engine is not None:
            level = engine.setting("isolation_level")
            is_set = level is not None and LEVEL in level.text
            return is_set or (engine.has_spread and LEVEL.encode() in given.file.data)
    source = _source(project, given) if hops < MOST_HOPS else None
    return source is not None and commits_each(project, source, hops + 1)


def _source(project: Project, given: Node) -> Node | None:
    """What an expression has its engine from; None where that is not known."""
    if isinstance(given, Call):
        return _source_of_call(project, given)
    if isinstance(given, Attribute):
        return alias_of(project, given)
    if not isinstance(given, Name):
        return None
    statement = opened_by(given)
    for item in () if statement is None else statement.items:
        if item.target is not None and item.target.text == given.text:
            return item.value
    bound = followed(project, given)
    return maker_of(project, given) if bound is given else bound


def _source_of_call(project: Project, call: Call) -> Node | None:
    bound = call.keyword("bind")
    if bound is not None or (project.value_of(call.func).kind is Kind.CLASS and call.args):
        return bound if bound is not None else call.args[0]
    if call.receiver is not None and (call.method == "begin" or project.value_of(call.receiver).kind in ENGINES):
        return call.receiver
    return maker_of(project, call) or call.func
