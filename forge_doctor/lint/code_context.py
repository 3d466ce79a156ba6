"""What stands around a finding: its function, the models and tables of its statement or else of its function, what the
line does with a session."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import takewhile

from forge_doctor.code.semantics.library.kinds import Kind, words
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Assign, Call, ClassDef, FunctionDef, Name, Node, Yield
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.dataclass import replace
from forge_doctor.finding import CodeContext, Confidence, Finding
from forge_doctor.lint.dataflow.connections.handles import entered_around
from forge_doctor.lint.dataflow.sessions.transactions import READING
from forge_doctor.lint.dataflow.waits import wait_of
from forge_doctor.lint.touched_models import Touched, inside, touched_by, touched_in

HOLDERS = frozenset(
    {
        Kind.ASYNC_SESSION, Kind.ASYNC_SCOPED, Kind.ASYNC_CONNECTION, Kind.SESSION, Kind.SCOPED, Kind.CONNECTION,
        Kind.ASYNCPG_CONNECTION, Kind.PSYCOPG_CONNECTION, Kind.PSYCOPG_CURSOR,
    }
)  # fmt: skip
MAKERS = frozenset({Kind.ASYNC_ENGINE, Kind.ENGINE, Kind.ASYNC_FACTORY, Kind.FACTORY, Kind.ASYNCPG_POOL})
QUERIES = READING | words(
    """query flush add add_all delete merge connection run_sync exec_driver_sql fetch fetchrow fetchval executemany"""
)
COMMITS = words("commit")
ENDS = words("rollback close aclose remove invalidate reset expunge_all dispose release")
OPENS = words("begin begin_nested connect acquire")
# In the order in which they are told.
DOES = ("configures", "opens", "holds", "queries", "commits", "ends", "calls out")


def with_context(finding: Finding, file: SourceFile, project: Project, known: tuple[str, ...] = ()) -> Finding:
    """The finding with what stands around it; as it is where its place is no code. `known` is what its rule knows of the
    line, be it functions away."""
    if finding.code is not None or not file.data or finding.location.line is None:
        return finding
    node = file.node_at(file.offset_of(finding.location))
    if node is None:
        return finding
    code = context_of(project, node)
    done = {*code.does, *known}
    return replace(finding, code=replace(code, does=tuple(word for word in DOES if word in done)))


def context_of(project: Project, node: Node) -> CodeContext:
    """What stands around a node."""
    function = function_around(node)
    statement = head_of(node)
    touched = touched_by(project, statement)
    if touched == Touched() and function is not None:
        touched = touched_in(project, function)
    done = set(does(project, statement))
    if done <= {"calls out"} and next(entered_around(project, node), None) is not None:
        done.add("holds")
    return CodeContext(
        function="" if function is None else qualified_name(function),
        line=None if function is None else function.line,
        end_line=None if function is None else function.raw.end_point[0] + 1,
        models=touched.models,
        tables=touched.tables,
        does=tuple(word for word in DOES if word in done),
    )


def function_around(node: Node) -> FunctionDef | None:
    """The innermost function whose body or head (decorators, name, parameters) a node is of."""
    raw = node.raw
    while raw.type not in ("function_definition", "decorated_definition") and raw.parent is not None:
        raw = raw.parent
    defined = raw.child_by_field_name("definition") if raw.type == "decorated_definition" else raw
    around = node if defined is None else node.file.node(defined)
    return around if isinstance(around, FunctionDef) else node.function


def qualified_name(function: FunctionDef) -> str:
    """`Repository.save`, `handler.inner`."""
    around = function.function
    return f"{around.name}.{function.name}" if around is not None else function.qualname


def head_of(node: Node) -> tuple[Node, ...]:
    """The statement without the blocks in it."""
    statement = node.statement
    if isinstance(statement, FunctionDef | ClassDef):
        return (node,)
    bodies = (getattr(statement, "body", ()), getattr(statement, "orelse", ()))
    starts = [body[0].start for body in bodies if isinstance(body, tuple) and body]
    if not starts:
        return (statement,)
    first = min(starts)
    return tuple(takewhile(lambda one: one.end <= first, statement.children))


def does(project: Project, statement: tuple[Node, ...]) -> Iterator[str]:
    """What a statement does with a session or connection."""
    for call in inside(statement, Call):
        if isinstance(call, Call):
            yield from _call_does(project, call)
    for one in (*inside(statement, Yield), *inside(statement, Assign)):
        value = getattr(one, "value", None)
        if isinstance(value, Name) and project.known(value).kind in HOLDERS:
            yield "holds"


def _call_does(project: Project, call: Call) -> Iterator[str]:
    if wait_of(project, call) is not None:
        yield "calls out"
    made = project.value_of(call).kind
    if made in MAKERS and project.value_of(call.func).kind is not Kind.FUNCTION:
        yield "configures"
    if made in HOLDERS and call.receiver is None:
        yield "opens"
    receiver = call.receiver
    if receiver is None:
        return
    value = project.known(receiver)
    if value.kind not in HOLDERS | MAKERS or value.confidence is Confidence.LOW:
        return
    if call.method in OPENS:
        yield "opens"
    elif call.method in COMMITS:
        yield "commits"
    elif call.method in ENDS:
        yield "ends"
    elif call.method in QUERIES:
        yield "queries"
