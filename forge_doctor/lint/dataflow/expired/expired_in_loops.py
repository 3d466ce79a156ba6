"""Objects from before a loop that a rollback in its body empties for the next round: what imports many rows, and goes on
after the one that fails; and what a commit of each round does, where the session surely expires its objects."""

from __future__ import annotations

import re
from collections.abc import Iterator

from forge_doctor.code.semantics.inference.models import Model
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.dominance import leaves
from forge_doctor.code.syntax.nodes import Call, For, FunctionDef, Name, Node, Param, Statement, While
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.finding import Confidence
from forge_doctor.lint.dataflow.expired.attributes_read import attributes_read, is_lost
from forge_doctor.lint.dataflow.expired.emptied_objects import binding_before
from forge_doctor.lint.dataflow.expired.expired_reads import ExpiredRead, causes_by_function, first_reads
from forge_doctor.lint.dataflow.expired.expiring import Cause, Why
from forge_doctor.lint.dataflow.expired.refilled import FILLING
from forge_doctor.lint.dataflow.objects.expiry import expiry_of, may_expire
from forge_doctor.lint.dataflow.objects.loaded import loaded
from forge_doctor.lint.dataflow.objects.loaded_objects import Shape
from forge_doctor.lint.dataflow.sessions.transactions import calls_named


def reads_of_next_round(file: SourceFile, project: Project) -> Iterator[ExpiredRead]:
    """Every one, the first of each object and attribute in a function."""
    for function, placed in causes_by_function(file, project, is_end_in_loop).items():
        yield from first_reads(project, function, placed, of_round_before)


def is_end_in_loop(project: Project, cause: Cause) -> bool:
    """Whether a loop may come to what stands before the rollback or commit once more."""
    if cause.why is not Why.ROLLBACK and (cause.why is not Why.COMMIT or not may_expire(project)):
        return False
    return loop_around(cause.node) is not None


def loop_around(node: Node) -> For | While | None:
    """The nearest loop of the same function around a node."""
    for around in node.ancestors:
        if isinstance(around, FunctionDef):
            return None
        if isinstance(around, For | While):
            return around
    return None


def of_round_before(project: Project, function: FunctionDef, placed: list[Cause], name: Name) -> ExpiredRead | None:
    """The read, if a rollback further down in its loop has emptied the object and the loop goes on."""
    loop = loop_around(name)
    for cause in placed if loop is not None else ():
        if loop is None or not loop.contains(cause.statement) or name.end > cause.statement.start:
            continue
        bound = binding_before(project, name, cause)
        if bound is None or loop.contains(bound) or isinstance(bound, Param) or leads_out(cause.statement, loop):
            continue
        filling = list(calls_named(function, FILLING, loop.start, loop.end))
        if any(is_of(one, name.id) for one in filling) or not is_in_body(loop, name):
            continue
        held = loaded(project, name)
        attributes, _ = attributes_read(project, name, held.model) if held is not None else (frozenset(), False)
        lost = frozenset() if held is None else is_lost(project, held.model, attributes)
        if (
            held is not None
            and not held.is_made
            and held.shape is Shape.OBJECT
            and lost
            and (held.session.text == cause.session.text)
        ):
            read = ExpiredRead(cause, name, held.model, tuple(sorted(lost)), min(cause.confidence, Confidence.MEDIUM))
            if cause.why is Why.ROLLBACK:
                return read
            expiry = None if any(loads(one, held.model) for one in filling) else expiry_of(project, cause.session)
            if expiry is not None:
                return read._replace(expiry=expiry, confidence=min(read.confidence, expiry.confidence))
    return None


def loads(call: Call, model: Model) -> bool:
    """Whether a query may load rows of a model whole, and fill what was emptied: `select(User)`, not `select(User.id)`."""
    return re.search(rf"\b{model.class_.name}\b(?!\s*\.)", call.text) is not None


def is_of(call: Call, name: str) -> bool:
    """Whether a call is given an object by its name, or gives it another one: `await session.refresh(user)`."""
    return any(one.text == name for one in call.args) or call.method == "merge"


def is_in_body(loop: Node, name: Name) -> bool:
    """Whether it is read in each round, and not where the loop begins."""
    return any(one.contains(name) for one in getattr(loop, "body", ()))


def leads_out(statement: Node, loop: Node) -> bool:
    """Whether what follows a statement in its block leaves the loop: `raise`, `return`, `break`."""
    for around in (statement, *statement.ancestors):
        if around is loop:
            return False
        body: tuple[Node, ...] = getattr(around.parent, "body", ()) if isinstance(around, Statement) else ()
        if leaves(body) and body[-1].text != "continue":
            return True
    return False
