"""The display (list, tuple, dict, comprehension) that a coroutine stands in, and what its place alone tells; follows no element."""

from __future__ import annotations

from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import (
    Await,
    Call,
    Comprehension,
    Dict,
    FunctionDef,
    Keyword,
    Node,
    Sequence,
    Starred,
)
from forge_doctor.finding import Confidence
from forge_doctor.lint.dataflow.coroutines.arguments import (
    WANTS_DATA,
    judge_argument,
)
from forge_doctor.lint.dataflow.coroutines.returned_coroutines import fate_of_returned
from forge_doctor.lint.dataflow.uses import Fate, Use, harmless

GATHER = "asyncio.gather"


def containers_of(around: Node) -> tuple[Node, Node]:
    """The list, tuple, dict or comprehension, and the outermost one that it is part of."""
    container = around
    while container.raw.type == "pair":
        container = container.parent or container
    whole = container
    while isinstance(whole.parent, Starred | Sequence | Dict | Comprehension) or (
        whole.parent is not None and whole.parent.raw.type == "pair"
    ):
        whole = whole.parent
    return container, whole


def told_at_once(project: Project, node: Node, container: Node, fate: Fate, outer: Node, depth: int) -> Fate | None:
    """By the place of the whole alone; None where what is done with its elements must tell."""
    if fate.use is Use.BARE:
        return fate
    if fate.use is Use.RETURNED:
        inner = fate_of_returned(project, node, fate.node)
        return inner if isinstance(container, Dict) or (inner.is_fault and isinstance(container, Sequence)) else None
    if fate.use is Use.ARGUMENT and isinstance(fate.node, Call | Keyword) and depth < 4:
        call = fate.node.parent if isinstance(fate.node, Keyword) else fate.node
        if isinstance(call, Call) and container is outer and project.qualified(call.func) == GATHER:
            return Fate(use=Use.ARGUMENT, node=node)  # TypeError: it takes them one by one
        if isinstance(call, Call) and isinstance(container, Dict):
            return judge_argument(project, call, outer, fate.node, depth)
        if isinstance(call, Call) and call.method == "reduce" and is_async_function(project, call.args[0]):
            return harmless(node)  # chained by what awaits one after the other
        if isinstance(call, Call) and call.method in WANTS_DATA and not isinstance(container, Comprehension):
            return Fate(use=Use.ARGUMENT, node=node, confidence=Confidence.MEDIUM)
    return None


def is_async_function(project: Project, node: Node) -> bool:
    """Whether it names an `async def` of the project."""
    function = project.value_of(node).definition
    return isinstance(function, FunctionDef) and function.is_async


def is_among_results(node: Node, container: Node) -> bool:
    """Whether all others in a list or dict, two at least, stand behind `await`."""
    if isinstance(container, Dict):
        elements = tuple(value for _, value in container.items)
    else:
        elements = container.elts if isinstance(container, Sequence) else ()
    others = [one for one in elements if not one.contains(node)]
    return len(others) > 1 and all(isinstance(one, Await) for one in others)
