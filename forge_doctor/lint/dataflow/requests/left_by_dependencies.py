"""What the dependencies of an endpoint leave it with when it begins: a session whose transaction is open already.

Does not look into the endpoint itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Call, ClassDef, For, FunctionDef, If, Node, Yield
from forge_doctor.finding import Confidence
from forge_doctor.lint.dataflow.connections.connection_use import NOTHING
from forge_doctor.lint.dataflow.connections.handles import (
    THE_SESSION,
    Handles,
    entered_around,
    gives_session,
    injected_handles,
    kept_by,
    session_sources,
)
from forge_doctor.lint.dataflow.connections.held_connections import left_by
from forge_doctor.lint.dataflow.control_flow import within_function
from forge_doctor.lint.dataflow.frameworks.injection import Injection, run_before, session_source
from forge_doctor.lint.dataflow.sessions.transactions import BeginBlock, begin_blocks


class HeldByDependency(NamedTuple):
    """A dependency that leaves the session of `source` with a connection when the endpoint begins.

    `query` is the statement, `at` the call of the dependency that leads to it.
    """

    injection: Injection
    source: FunctionDef
    query: Call
    at: Call
    confidence: Confidence


def held_by_dependencies(project: Project, endpoint: FunctionDef) -> Iterator[HeldByDependency]:
    """The sessions with an open transaction that dependencies leave to an endpoint, one for each session."""
    before = [one for one in run_before(project, endpoint) if one.provider is not None]
    for source in session_sources(project, endpoint):
        found = None
        for one in reversed(before):  # what others depend on runs first
            if one.provider is None:
                continue
            own = _own_of(project, one.provider, source)
            done = NOTHING if not own else left_by(project, one.provider, own)
            if done.ended or done.handed:
                found = None
            if done.query is not None and done.at is not None:
                sure = Confidence.HIGH if done.query is done.at and not _is_conditional(done.at) else Confidence.MEDIUM
                found = HeldByDependency(one, source, done.query, done.at, sure)
        if found is not None:
            yield found


def leaves_connection(project: Project, provider: FunctionDef) -> bool:
    """Whether a dependency leaves a session with a connection when it has run, as far as it goes itself."""
    sources = session_sources(project, provider)
    if gives_session(project, provider):
        sources = (*sources, provider)
    return any(
        own and left_by(project, provider, own).query for own in (_own_of(project, provider, s) for s in sources)
    )


def _own_of(project: Project, provider: FunctionDef, source: FunctionDef) -> Handles:
    """How a dependency reaches the session; the one that makes it, by the `with` around its `yield`."""
    if provider is not source:
        return injected_handles(project, provider, source)
    lent = next(iter(provider.find(Yield, nested=False)), None)
    if lent is None or lent.value is None:
        return ()
    return tuple((name, THE_SESSION) for name, _ in entered_around(project, lent) if name == lent.value.text)


def _is_conditional(call: Call) -> bool:
    return any(isinstance(one, If | For) for one in within_function(call))


def block_of_dependency(project: Project, function: FunctionDef, session: Node) -> BeginBlock | None:
    """The begin block in which a dependency yields the session that the function is injected with."""
    name = session.text
    source = (
        session_source(project, function, name)
        if name in function.param_names
        else _source_of_object(project, function, name)
    )
    held = None if source is None else block_around_yield(project, source)
    return None if held is None else held._replace(session=name)


def block_around_yield(project: Project, source: FunctionDef) -> BeginBlock | None:
    """The begin block in which a dependency yields its session."""
    if not source.file.mentions(b".begin"):
        return None
    yields = list(source.find(Yield, nested=False))
    lent = yields[0].value if len(yields) == 1 else None
    blocks = begin_blocks(project, yields[0]) if lent is not None else ()
    return next((one for one in blocks if lent is not None and one.session == lent.text), None)


def _source_of_object(project: Project, function: FunctionDef, session: str) -> FunctionDef | None:
    """The dependency that makes the session which a method writes as `self.session`: its class is injected with it."""
    owner = function.owner if function.is_method else None
    init = project.method(owner, "__init__") if isinstance(owner, ClassDef) and "." in session else None
    if init is None or session.partition(".")[0] not in function.param_names[:1]:
        return None
    for name in init.param_names[1:]:
        if dict(kept_by(project, init, {name: THE_SESSION})).get(session.partition(".")[2]) == THE_SESSION:
            return session_source(project, init, name)
    return None
