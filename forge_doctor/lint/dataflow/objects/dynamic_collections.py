"""Where a `lazy="dynamic"` collection runs its query: what is called or walked over at the end of a chain; judges no
session."""

from __future__ import annotations

from forge_doctor.code.semantics.library.kinds import words
from forge_doctor.code.syntax.nodes import Attribute, Call, ComprehensionFor, For, Node, Subscript

# Methods of the query such a collection is, that send it.
RUNNING = words("all first one one_or_none scalar count get delete update paginate")
CONSUMERS = words("list tuple set sorted len sum max min any all")


def query_run(read: Node) -> Node | None:
    """The place that sends the query that is read: `user.posts.filter(...).all()`, `for post in user.posts`."""
    node = read
    while True:
        around = node.parent
        if isinstance(around, Attribute) and around.value is node:
            if around.attr in RUNNING and isinstance(around.parent, Call) and around.parent.func is around:
                return around.parent
            node = around
        elif isinstance(around, Call) and around.func is node:
            node = around
        else:
            break
    if isinstance(around, For | ComprehensionFor):
        return around.iter if around.iter is node and not around.is_async else None
    if isinstance(around, Subscript):
        return around if around.value is node else None
    if isinstance(around, Call) and around.receiver is None and around.method in CONSUMERS and node in around.args:
        return around
    return None
