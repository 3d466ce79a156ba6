"""Which of several lines it was, by what the text and the lines say of how the mapper sends it; it adds none."""

from __future__ import annotations

from collections.abc import Iterable

from forge_doctor.code.orm.origins.references import Names
from forge_doctor.code.syntax.nodes import Attribute, Call, Comprehension, For, Node, While
from forge_doctor.sql.shape import Shape

# What loads a relationship together with, or right behind, the statement that it is an option of.
AT_ONCE = frozenset({"selectinload", "subqueryload", "immediateload"})
LOADERS = AT_ONCE | {
    "joinedload",
    "contains_eager",
    "lazyload",
    "raiseload",
    "noload",
    "defaultload",
    "load_only",
    "defer",
}
Found = list[tuple[Node, bool, str]]


def of_relationship(nodes: Iterable[tuple[Names, Node]], shape: Shape) -> list[Node]:
    """Of the reads of a relationship those that send this text: a list (IN) is a loader's, anything else a late load.

    A read through the class (`Author.books`) is a part of another statement; one in a function that loads the relationship
    with an option finds it there. Where nothing is left, all are given back.
    """
    found = list(nodes)
    if shape.lists:
        kept = [node for _, node in found if _loader_of(node) in AT_ONCE]
    else:
        loaded = {(node.function, _attribute(node)) for _, node in found if _loader_of(node) is not None}
        kept = [
            node
            for names, node in found
            if not _is_of_class(names, node) and (node.function, _attribute(node)) not in loaded
        ]
    return kept or [node for _, node in found]


def of_insert(found: Found, shape: Shape) -> Found:
    """A single row, be it an object's or `insert()`'s, is inserted with RETURNING for its key; a list of rows given beside
    `insert()` without."""
    if shape.verb != "insert":
        return found
    many = [one for one in found if isinstance(one[0], Call) and one[0].method == "insert" and _has_rows(one[0])]
    single = [one for one in found if one not in many]
    return (single if "returning" in shape.flags else many) or found


def _has_rows(insert: Call) -> bool:
    """Whether rows are given beside the statement: `session.execute(insert(Model), rows)`."""
    sent = next((one for one in _around(insert) if one.method in ("execute", "scalars", "scalar")), None)
    returns = any(one.method == "returning" for one in _around(insert))
    return sent is not None and len(sent.args) > 1 and not returns


def in_loop(node: Node) -> Node | None:
    """The innermost loop of its function that repeats a node, None where nothing does."""
    below: Node = node
    for one in node.ancestors:
        if isinstance(one, While) or (isinstance(one, For) and below is not one.iter):
            return one
        if isinstance(one, Comprehension):
            return one
        if one is node.function:
            return None
        below = one
    return None


def _attribute(node: Node) -> str:
    return node.attr if isinstance(node, Attribute) else node.text


def _loader_of(node: Node) -> str | None:
    """The loader option that the node is in."""
    for one in _around(node):
        if one.method in LOADERS:
            return one.method
    return None


def _around(node: Node) -> Iterable[Call]:
    for one in node.ancestors:
        if isinstance(one, Call):
            yield one
        elif one is node.function:
            return


def _is_of_class(names: Names, node: Node) -> bool:
    around = node.parent if not isinstance(node, Attribute) else node
    return isinstance(around, Attribute) and bool(names.mapped(around.value))
