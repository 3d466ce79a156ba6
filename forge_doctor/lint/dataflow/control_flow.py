"""Whether a call is on the way through a function: run to its end before what follows, in no handler, in no branch that
leaves; says nothing about what it does."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator

from forge_doctor.code.syntax.dominance import leaves
from forge_doctor.code.syntax.nodes import (
    Await,
    Call,
    Comprehension,
    Except,
    For,
    FunctionDef,
    If,
    Lambda,
    Name,
    Node,
    Raise,
    Return,
    Sequence,
    Starred,
    With,
    WithItem,
)

WAITING_TOGETHER = frozenset({"gather", "wait_for", "shield", "wait"})
TASKS = frozenset({"create_task", "ensure_future"})
GROUPS = ("TaskGroup", "create_task_group", "open_nursery")
ENDING = frozenset({"commit", "rollback", "close", "aclose"})


def is_waited_for(call: Call, function: FunctionDef) -> bool:
    """Whether the code of the function runs to its end before the caller goes on."""
    around = call.parent
    if function.is_generator:
        return isinstance(around, For) and around.iter is call
    return not function.is_async or isinstance(waits_at(call), Await | With)


def waits_at(call: Call) -> Await | WithItem | With | None:
    """Where the function waits for what an async call gives: at its own `await` or `with`, at that of the gather (or the like)
    that it is given to, be it as a task, in a display or a comprehension, or at the end of the task group that it is started
    in."""
    node: Node = call
    around = call.parent
    if isinstance(around, Call) and around.method in TASKS and around.args[:1] == (node,):
        group = group_of(around)
        if group is not None:
            return group
        node, around = around, around.parent
    while (isinstance(around, Comprehension) and around.children[0] is node) or isinstance(around, Sequence | Starred):
        node, around = around, around.parent
    if isinstance(around, Call) and around.method in WAITING_TOGETHER and around.func is not node:
        around = around.parent
    elif node is not call and not isinstance(around, Await):
        return None
    return around if isinstance(around, Await | WithItem) else None


def group_of(starter: Call) -> With | None:
    """The block of the task group that `group.create_task(...)` and `group.start_soon(...)` start a task in, where no other
    block and no end of a transaction lies between the start and the end of the group."""
    receiver = starter.receiver
    if not isinstance(receiver, Name):
        return None
    for around in starter.ancestors:
        if isinstance(around, FunctionDef | Lambda):
            return None
        if isinstance(around, With):
            names = [one for one in around.items if one.target is not None and one.target.text == receiver.text]
            if not any(isinstance(one.value, Call) and one.value.method in GROUPS for one in names):
                return None
            behind = (one for one in around.find(Call, nested=False) if one.start > starter.end)
            return None if any(one.method in ENDING for one in behind) else around
    return None


def is_in_handler(node: Node) -> bool:
    """Whether it runs only when something has failed."""
    function = node.function
    if function is None:
        return node.enclosing(Except) is not None
    known: dict[FunctionDef, tuple[list[int], list[int]]] = node.file.kept.setdefault(is_in_handler, {})
    if function not in known:
        known[function] = _handlers(function)
    starts, ends = known[function]
    place = bisect_right(starts, node.start) - 1
    return place >= 0 and node.start < ends[place]


def _handlers(function: FunctionDef) -> tuple[list[int], list[int]]:
    """Where the outermost handlers of a function begin and end."""
    starts: list[int] = []
    ends: list[int] = []
    for one in function.find(Except, nested=False):
        if not ends or one.start >= ends[-1]:
            starts.append(one.start)
            ends.append(one.end)
    return starts, ends


def is_left_behind(node: Node, place: int | None = None) -> bool:
    """Whether it stands in a branch that leaves the function: what follows does not come from there, but for a place in that
    branch itself."""
    return any(place is None or end < place for end in ends_of_leaving(node))


def ends_of_leaving(node: Node) -> Iterator[int]:
    """Where the branches around it end that leave the function, from the inside out."""
    for one in within_function(node):
        if isinstance(one, If) and leaves(one.body) and one.body[-1].end >= node.end:
            yield one.body[-1].end


def is_reached_from(node: Node, place: int) -> bool:
    """Whether what stands at a place behind a node may run after it: no branch around the node returns or raises first, or
    has the place in its `else`."""
    for one in within_function(node):
        for body in (one.body, one.orelse) if isinstance(one, If) else ():
            if not body or not body[0].start <= node.start < body[-1].end <= place:
                continue
            if isinstance(body[-1], Return | Raise) or place < one.end:
                return False
    return True


def within_function(node: Node) -> Iterator[Node]:
    """What stands around it, from the inside out, as far as its own function."""
    for one in node.ancestors:
        if isinstance(one, FunctionDef):
            return
        yield one
