"""Tasks that the function which starts them does not wait for, and those that it only keeps; follows no name out of the function."""

from __future__ import annotations

import re

from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import (
    Assign,
    Attribute,
    Call,
    Expr,
    FunctionDef,
    Name,
    Node,
)
from forge_doctor.lint.dataflow.requests.concurrency import is_group
from forge_doctor.lint.dataflow.requests.task_sessions import Use
from forge_doctor.lint.dataflow.use_def import reads_of

# What is asked of a task without waiting for it, and what keeps one from the garbage collector.
WATCHING = frozenset({"add_done_callback", "set_name", "get_name", "done", "cancelled"})
KEEPING = frozenset({"add", "append"})


def is_waited_for(call: Call, coroutine: Node, use: Use) -> bool:
    """Whether the function waits for what the task is given beside the session: `await done.wait()`, `await queue.join()`."""
    given = coroutine.args if isinstance(coroutine, Call) else ()
    names = "|".join(re.escape(one.text) for one in given if isinstance(one, Name) and one.text != use.text)
    function = call.function
    behind = b"" if function is None else function.file.data[call.end : function.end]
    return bool(names) and re.search(rb"\bawait\s+(?:[\w.]+\(\s*)?(?:%s)\.\w+\(" % names.encode(), behind) is not None


def is_closed_behind(call: Call, use: Use) -> bool:
    """Whether the end of the task closes the session: `task.add_done_callback(...)` names it."""
    function = call.function
    behind = b"" if function is None else function.file.data[call.end : function.end]
    name = re.escape(use.text).encode()
    return re.search(rb"\.add_done_callback\([^\n]*\b%s\b" % name, behind) is not None


def is_left_alone(project: Project, call: Call) -> bool:
    """Whether nobody in the function waits for the task."""
    if call.function is None or (call.receiver is not None and is_group(project, call.receiver)):
        return False
    place = call.parent
    if isinstance(place, Expr):
        return True
    if isinstance(place, Assign) and isinstance(place.target, Name):
        return all(leaves_alone(project, read) for read in reads_of(project, place.target, place))
    return is_only_kept(project, call)


def leaves_alone(project: Project, read: Name) -> bool:
    """Whether a read of the task waits for nothing: it adds a callback, or keeps the task from being collected."""
    around = read.parent
    if isinstance(around, Attribute):
        return around.attr in WATCHING
    return is_only_kept(project, read)


def is_only_kept(project: Project, task: Node) -> bool:
    """Whether it is put into a set or list that outlives the function, `running.add(task)` as asyncio's documentation
    asks, and that the function does not wait for."""
    call = task.parent
    if not isinstance(call, Call) or call.method not in KEEPING or call.receiver is None or task not in call.args:
        return False
    holder, function = call.receiver, call.function
    if function is None or is_local(project, holder):
        return False
    name = re.escape(holder.text).encode()
    waiting = rb"\b(?:await|gather|wait|as_completed|return|yield|async for|for)\b[^\n]*" + name
    return re.search(waiting, function.file.data[function.start : function.end]) is None


def is_kept(project: Project, call: Call) -> bool:
    """Whether the task is put somewhere, right away or by its name."""
    place = call.parent
    if isinstance(place, Assign) and isinstance(place.target, Name):
        return any(is_only_kept(project, read) for read in reads_of(project, place.target, place))
    return is_only_kept(project, call)


def is_local(project: Project, holder: Node) -> bool:
    """Whether a name is the function's own; an attribute's owner is somebody else's."""
    if not isinstance(holder, Name):
        return not isinstance(holder, Attribute)
    found = project.scopes(holder.file).lookup(holder.text, holder)
    return found is None or isinstance(found[0].node, FunctionDef)
