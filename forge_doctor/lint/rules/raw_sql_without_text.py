"""A plain string is given to `execute` and its like, which take a statement.

Why: SQLAlchemy 2.0 executes no plain strings: a session raises ArgumentError, a connection
ObjectNotExecutableError, when the line runs. `text()` makes a statement of the string; what varies
goes in as bind parameters (`:name`), never by formatting. Wrong when an older SQLAlchemy is installed, whose sessions
and connections (asyncio's own connections apart) execute strings: what the project's lock file or requirements ask for,
nearest to the file first, rules that out.

Bad:

    from sqlalchemy.ext.asyncio import AsyncSession

    async def ping(db: AsyncSession):
        await db.execute("SELECT 1")

Good:

    from sqlalchemy import text
    from sqlalchemy.ext.asyncio import AsyncSession

    async def ping(db: AsyncSession):
        await db.execute(text("SELECT 1"))

Source: https://docs.sqlalchemy.org/en/20/core/connections.html (seen with 2.0.30, 2.0.54 and 2.1.9)
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.code.orm.library_version import is_before_two
from forge_doctor.code.orm.sqlalchemy_imports import imported_name
from forge_doctor.code.semantics.library.kinds import Kind, Value
from forge_doctor.code.semantics.literals import followed, is_filled_in, text_of
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.matched_calls import matched_calls
from forge_doctor.code.syntax.nodes import Assign, Attribute, BinOp, Call, ClassDef, Name, Node, Str
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.code.syntax.stubs import is_mocked
from forge_doctor.finding import Confidence, Edit, Finding, Severity
from forge_doctor.regex import regex

# With a string, a name or a keyword as first argument.
SUSPECT = regex(
    rb"\.\s*(?:exec|execute|scalars?|stream|stream_scalars)\s*\("
    rb"(?=\s*(?:\(|[rRfFuU]{0,2}[\"']|[\w.]+\s*[,)+%]|statement\s*=))"
)
CONNECTIONS = frozenset({Kind.ASYNC_CONNECTION, Kind.CONNECTION})
# What an AsyncConnection's own methods hand their statement to.
ASKED_BY = {"scalar": "execute", "scalars": "execute", "stream_scalars": "stream"}
# What text() would read as a bind parameter, and what marks those of drivers.
PARAMETERS = regex(r"(?<![:\w\\]):\w|%s|%\(|\$\d|\?")


@check(severity=Severity.ERROR)
def raw_sql_without_text(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Find them by method name; receivers must be declared: drivers' own connections do take strings."""
    for call in matched_calls(file, SUSPECT, awaited=True):
        receiver, statement = call.receiver, call.argument(0, "statement")
        if receiver is None or statement is None or not may_be_text(statement):
            continue
        written = text_of(constant_of(project, statement))
        if written is None:
            continue
        value = project.value_of(receiver)
        if not takes_statements(value, call, project) or is_mocked(receiver):
            continue
        # Before 2.0 all but an AsyncConnection execute strings.
        if value.kind is Kind.ASYNC_CONNECTION or not is_before_two(project, file):
            yield found(file, call, statement, written, value, project)


def may_be_text(statement: Node) -> bool:
    """Cheap: a string as it stands, or a name that is bound to one in this file, or a constant's."""
    if isinstance(statement, Attribute):
        return statement.attr.isupper()
    if not isinstance(statement, Name):
        return isinstance(statement, Str | BinOp | Call)
    return statement.text.isupper() or is_bound_to_text(statement.file, statement.text)


def constant_of(project: Project, statement: Node) -> Node:
    """What a name stands for, or the constant of a class (`self.SQL`, `Queries.SQL`) that is bound once, in its body."""
    if not isinstance(statement, Attribute):
        return followed(project, statement)
    is_own = statement.value.text in ("self", "cls")
    owner = statement.class_ if is_own else project.value_of(statement.value).inner.definition
    if not isinstance(owner, ClassDef) or is_enum(owner):
        return statement
    scope = project.scopes(owner.file).opened_by(owner)
    bindings = [] if scope is None else scope.bindings(statement.attr)
    is_set = project.scopes(statement.file).attribute_assignments.get(statement.attr)
    assign = bindings[0].node if len(bindings) == 1 and not is_set else None
    if not isinstance(assign, Assign) or assign.value is None or assign.value.text in ('""', "''"):
        return statement  # an empty one is there for others to fill in
    return followed(project, assign.value)


def is_enum(class_: ClassDef) -> bool:
    """Whether what its body binds is a member, no string."""
    return any("Enum" in one.text for one in class_.bases)


def is_bound_to_text(file: SourceFile, name: str) -> bool:
    """Whether the name is given a string anywhere in the file."""
    known: dict[str, bool] = file.kept.setdefault(is_bound_to_text, {})
    if name not in known:
        bound = rb"\b" + re.escape(name).encode() + rb"\s*(?::[^=\n]*)?=[\s(]*[rRfFuU]{0,2}[\"']"
        known[name] = re.search(bound, file.data) is not None
    return known[name]


def takes_statements(value: Value, call: Call, project: Project) -> bool:
    """Whether it is a session or connection, and the method SQLAlchemy's own."""
    kind = value.kind
    if not (kind.is_async_session or kind.is_sync_session or kind in CONNECTIONS) or value.confidence is Confidence.LOW:
        return False
    own = value.definition
    asked = (call.method, ASKED_BY.get(call.method, call.method)) if kind is Kind.ASYNC_CONNECTION else (call.method,)
    return not isinstance(own, ClassDef) or all(project.method(own, one) is None for one in asked)


def found(file: SourceFile, call: Call, statement: Node, written: str, value: Value, project: Project) -> Finding:
    """The finding with the `text()` to write."""
    error = "ObjectNotExecutableError" if value.kind in CONNECTIONS else "ArgumentError"
    filled = is_filled_in(written)
    advice = "; pass what varies as bind parameters: `text('... :name'), {'name': ...}`" if filled else ""
    return file.finding(
        raw_sql_without_text,
        statement,
        f"`{call.method}()` of {value.label} is given a plain string: it fails with {error} when it runs",
        confidence=value.confidence,
        remedy=f"{call.func.text}(text(...)){advice}",
        edits=edits(file, call, statement, written, project),
    )


def edits(file: SourceFile, call: Call, statement: Node, written: str, project: Project) -> tuple[Edit, ...]:
    """Wrap it: safe where the text means the same as a statement; nothing for driver placeholders."""
    safe = isinstance(statement, Str) and not is_filled_in(written) and PARAMETERS.search(written) is None
    text = imported_name(project, call, "text", safe=safe)
    if text is None:
        return ()
    return (
        *text.edits,
        file.insertion(statement.start, "text(", safe=safe),
        file.insertion(statement.end, ")", safe=safe),
    )
