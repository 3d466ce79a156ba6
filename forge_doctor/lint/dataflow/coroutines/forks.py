"""What runs in a forked process, and which engine of a module is used there or was used before; follows no handle on a process
into another function."""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Assign, Call, FunctionDef, If, Node, WithItem
from forge_doctor.lint.dataflow.coroutines.coroutine_function import function_of_coroutine
from forge_doctor.lint.dataflow.coroutines.new_loops import run_in_new_loop
from forge_doctor.lint.dataflow.sessions.module_engines import (
    EngineUse,
    engine_behind,
    engine_used,
    is_disposed,
    taken_in,
)
from forge_doctor.lint.dataflow.sessions.transactions import calls_of


def child_block(project: Project, fork: Call) -> If | None:
    """What the child of `os.fork()` runs: the block of `if os.fork() == 0:`, or of `if pid == 0:` behind `pid = os.fork()`."""
    function = fork.function
    if function is None or project.qualified(fork.func) != "os.fork":
        return None
    bound = fork.parent.target.text if isinstance(fork.parent, Assign) else fork.text
    tests = (f"{bound} == 0", f"not {bound}", f"{bound} is 0")
    return next((one for one in function.find(If, nested=False) if one.test.text in tests), None)


def is_in_child(project: Project, node: Node) -> bool:
    """Whether a forked child runs it, which leaves what it has when it ends."""
    function = node.function
    if function is None or not node.file.mentions(b"os.fork"):
        return False
    blocks = (child_block(project, one) for one in calls_of(function) if one.method == "fork")
    return any(one is not None and any(inner.contains(node) for inner in one.body) for one in blocks)


def run_alone(project: Project, call: Call) -> FunctionDef | None:
    """The function whose coroutine a call runs in an event loop of its own."""
    coroutine = run_in_new_loop(project, call)
    return None if coroutine is None else function_of_coroutine(project, coroutine)


def used_by(project: Project, function: FunctionDef) -> EngineUse | None:
    """The engine of a module that a function takes a connection of: itself, in what it awaits or runs in a loop of its own;
    none where it is disposed of in one of them."""
    if is_disposed(project, function):
        return None
    used = engine_used(project, function)
    if used is not None:
        return used
    return next((use for call in calls_of(function) if (use := _used_by_call(project, call)) is not None), None)


def _used_by_call(project: Project, call: Call) -> EngineUse | None:
    target = run_alone(project, call)
    return None if target is None or is_disposed(project, target) else engine_used(project, target)


def used_in_block(project: Project, block: If) -> EngineUse | None:
    """The same of the statements of a block, and of the functions that they call."""
    for statement in block.body:
        for item in statement.find(WithItem, nested=False):
            if isinstance(item.value, Call) and (engine := engine_behind(project, item.value)) is not None:
                return EngineUse(engine, item.value)
        inner = [statement] if isinstance(statement, Call) else []
        for call in (*inner, *statement.find(Call, nested=False)):
            called = project.called(call)
            used = _used_by_call(project, call) or (None if called is None else used_by(project, called))
            if used is not None:
                return used
    return None


def taken_by(project: Project, function: FunctionDef) -> Iterator[EngineUse]:
    """The connections that a function leaves in pools itself, or in a loop of its own; at the call, then."""
    yield from taken_in(project, function)
    for call in calls_of(function):
        used = _used_by_call(project, call)
        if used is not None:
            yield EngineUse(used.engine, call)
