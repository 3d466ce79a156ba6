"""The blocks in which a pool of asyncpg lends a connection, and whether one is done with it there; opens none."""

from __future__ import annotations

from collections.abc import Collection

from forge_doctor.code.semantics.library.kinds import Kind
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Call, FunctionDef, Name, Node, With, Yield
from forge_doctor.finding import Confidence
from forge_doctor.lint.dataflow.sessions.transactions import calls_between, is_handed


def is_pool(project: Project, node: Node | None) -> bool:
    """Whether it surely is a pool of asyncpg."""
    pool = None if node is None else project.known(node)
    return pool is not None and pool.kind is Kind.ASYNCPG_POOL and pool.confidence > Confidence.LOW


def acquired(project: Project, connection: Name) -> With | None:
    """The block of the same function that has a connection from a pool of asyncpg."""
    for around in connection.ancestors:
        if isinstance(around, FunctionDef):
            return None
        for item in around.items if isinstance(around, With) else ():
            taken = item.value
            if item.target is None or item.target.text != connection.text or not isinstance(taken, Call):
                continue
            is_lent = taken.method == "acquire" and is_pool(project, taken.receiver)
            return around if is_lent and isinstance(around, With) else None
    return None


def is_all_done(block: With, call: Call, connection: str, besides: Collection[str]) -> bool:
    """Whether nothing in the block works with the connection behind a call, but by these methods, or takes it out of it."""
    function = call.function
    if function is None or any(block.find(Yield, nested=False)) or is_handed(function, connection, call.end, block.end):
        return False
    later = calls_between(function, call.end, block.end)
    return not any(one.is_on(connection) and one.method not in besides for one in later)
