"""What stands around a finding: its function, the models and tables of its statement, what that does with a session."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from forge_doctor.code.orm.statements import sql_of
from forge_doctor.code.semantics.library.kinds import Kind, words
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Assign, Attribute, Call, ClassDef, FunctionDef, Name, Node, Str, Yield
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.finding import CodeContext, Confidence, Finding, Location
from forge_doctor.lint.dataflow.requests.handles import entered_around
from forge_doctor.lint.dataflow.sessions.transactions import READING
from forge_doctor.lint.dataflow.waits import wait_of
from forge_doctor.regex import regex

HOLDERS = frozenset(
    {Kind.ASYNC_SESSION, Kind.ASYNC_SCOPED, Kind.ASYNC_CONNECTION, Kind.SESSION, Kind.SCOPED, Kind.CONNECTION}
)
MAKERS = frozenset({Kind.ASYNC_ENGINE, Kind.ENGINE, Kind.ASYNC_FACTORY, Kind.FACTORY})
QUERIES = READING | words("query flush add add_all delete merge connection run_sync exec_driver_sql")
COMMITS = words("commit")
ENDS = words("rollback close aclose remove invalidate reset expunge_all dispose")
OPENS = words("begin begin_nested connect")
# In the order in which they are told.
DOES = ("opens", "holds", "queries", "commits", "ends", "calls out")
# What a rule has found out of its line, be it functions away.
FOUND_OUT = {
    "network-call-in-transaction": ("holds", "calls out"),
    "connection-held-while-waiting": ("holds",),
    "swallowed-error-without-rollback": ("holds",),
    "unawaited-data-access": ("queries",),
}
TABLE = regex(r"\b(?:FROM|INTO|UPDATE|JOIN|TABLE)\s{1,8}([A-Za-z_][\w.]{0,120})", re.IGNORECASE)
TABLENAME = regex(r"__tablename__\s{0,8}(?::[^=\n]{1,80})?=\s{0,8}[\"']([\w.]{1,120})[\"']")
MOST = 8


def with_context(finding: Finding, file: SourceFile, project: Project) -> Finding:
    """The finding with what stands around it; as it is where its place is no code."""
    if finding.code is not None or not file.data or finding.location.line is None:
        return finding
    node = file.node_at(offset_of(file, finding.location))
    if node is None:
        return finding
    code = context_of(project, node)
    done = {*code.does, *FOUND_OUT.get(finding.check, ())}
    return replace(finding, code=replace(code, does=tuple(word for word in DOES if word in done)))


def offset_of(file: SourceFile, location: Location) -> int:
    """Where the place begins in the file's bytes."""
    start = 0
    for _ in range((location.line or 1) - 1):
        start = file.data.find(b"\n", start) + 1
    line = file.data[start:].partition(b"\n")[0].decode("utf-8", "replace")
    return start + len(line[: (location.column or 1) - 1].encode())


def context_of(project: Project, node: Node) -> CodeContext:
    """What stands around a node."""
    function = node if isinstance(node, FunctionDef) else node.function
    statement = head_of(node)
    models = tuple(dict.fromkeys(models_in(project, statement)))[:MOST]
    tables = [table_of(one) for one in models] + [table for one in statement for table in _written(one)]
    done = set(does(project, statement))
    if done <= {"calls out"} and next(entered_around(project, node), None) is not None:
        done.add("holds")
    return CodeContext(
        function="" if function is None else qualified_name(function),
        line=None if function is None else function.line,
        end_line=None if function is None else function.raw.end_point[0] + 1,
        models=tuple(one.name for one in models),
        tables=tuple(dict.fromkeys(one for one in tables if one))[:MOST],
        does=tuple(word for word in DOES if word in done),
    )


def qualified_name(function: FunctionDef) -> str:
    """`Repository.save`, `handler.inner`."""
    around = function.function
    return f"{around.name}.{function.name}" if around is not None else function.qualname


def head_of(node: Node) -> tuple[Node, ...]:
    """The statement without the blocks in it."""
    statement = node.statement
    bodies = (getattr(statement, "body", ()), getattr(statement, "orelse", ()))
    inner = [one for body in bodies if isinstance(body, tuple) for one in body]
    if isinstance(statement, FunctionDef | ClassDef):
        return (node,)
    if not inner:
        return (statement,)
    first = min(one.start for one in inner)
    return tuple(one for one in statement.children if one.end <= first)


def _inside(statement: tuple[Node, ...], kind: type[Node]) -> Iterator[Node]:
    for part in statement:
        if isinstance(part, kind):
            yield part
        yield from part.find(kind)


def models_in(project: Project, statement: tuple[Node, ...]) -> Iterator[ClassDef]:
    """The models a statement names, itself or in the query it sends; else those of the objects it touches."""
    named = list(_named(project, statement))
    yield from named
    if named:
        return
    for name in _inside(statement, Name):
        around = name.parent
        model = None if isinstance(around, Attribute) and around.value is not name else project.model_of(name)
        if model is not None:
            yield model.class_


def _named(project: Project, statement: tuple[Node, ...]) -> Iterator[ClassDef]:
    for call in _inside(statement, Call):
        given = call.args[0] if isinstance(call, Call) and call.args and call.method in QUERIES else None
        for part in () if given is None else sql_of(project, given).parts:
            for name in (part, *part.find(Name)):
                value = project.value_of(name) if isinstance(name, Name) else None
                model = project.model_of(name) if value is not None and value.kind is Kind.CLASS else None
                if model is not None:
                    yield model.class_


def table_of(class_: ClassDef) -> str:
    """The table a class says it is mapped to; empty where code makes the name up."""
    told = TABLENAME.search(class_.text)
    return "" if told is None else told.group(1)


def _written(statement: Node) -> Iterator[str]:
    """The tables of SQL written in a statement."""
    for text in (statement, *statement.find(Str)):
        if isinstance(text, Str):
            around = text.parent
            if isinstance(around, Call) and around.method in ("text", "execute", "exec_driver_sql", "scalar"):
                yield from TABLE.findall(text.value)


def does(project: Project, statement: tuple[Node, ...]) -> Iterator[str]:
    """What a statement does with a session or connection."""
    for call in _inside(statement, Call):
        if isinstance(call, Call):
            yield from _call_does(project, call)
    for one in (*_inside(statement, Yield), *_inside(statement, Assign)):
        value = getattr(one, "value", None)
        if isinstance(value, Name) and project.known(value).kind in HOLDERS:
            yield "holds"


def _call_does(project: Project, call: Call) -> Iterator[str]:
    if wait_of(project, call) is not None:
        yield "calls out"
    made = project.value_of(call).kind
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
