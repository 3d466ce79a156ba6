"""Where in a file a name means the same receiver: the block, function, class or module whose uses of it tell something; judges
no use."""

from __future__ import annotations

from forge_doctor.code.semantics.names.bindings import Binding
from forge_doctor.code.semantics.names.reaching import Bindings, reaching
from forge_doctor.code.semantics.names.scopes import Scope, Scopes
from forge_doctor.code.syntax.nodes import Attribute, ClassDef, For, FunctionDef, Module, Name, Node, With, WithItem
from forge_doctor.code.syntax.text.text_places import places_of
from forge_doctor.regex import regex

METHOD_CALLED = regex(rb"\s*\.\s*(\w+)\s*\(")


def region_of(scopes: Scopes, node: Name | Attribute) -> Node:
    """Where the same receiver is meant: the `with` or `for` or function that binds the name, the class of `self.x`."""
    root = root_of(node)
    if root is not node and root.text in ("self", "cls"):
        return node.enclosing(ClassDef) or node.file.module
    bound = bound_where(scopes, root)
    if bound is None:
        return node.file.module
    scope, bindings = bound
    binder = bindings[-1].node
    if isinstance(binder, WithItem | For) and len(bindings) == 1:
        return binder.enclosing(With) or binder if isinstance(binder, WithItem) else binder
    return scope.node


def root_of(node: Node) -> Node:
    """`a` of `a.b.c`."""
    while isinstance(node, Attribute):
        node = node.value
    return node


def bound_where(scopes: Scopes, name: Node) -> tuple[Scope, tuple[Binding, ...]] | None:
    """The scope a name is of, with the bindings that may hold where it stands."""
    found = scopes.lookup(name.text, name)
    if found is None or found[0] is not scopes.of(name):
        return found
    return found[0], reaching(found[1], name)


def bound_anew(scopes: Scopes, node: Name | Attribute, region: Node) -> tuple[Node, ...]:
    """The blocks and functions within a region that bind the name to something else, and do not hold where the expression
    stands: `async with open_session() as conn: ...`, and behind it `conn = sqlite3.connect(path)`."""
    root = root_of(node)
    found = scopes.lookup(root.text, root)
    return (*_blocks_anew(scopes, root, found, region), *_functions_anew(scopes, root.text, region))


def _functions_anew(scopes: Scopes, name: str, region: Node) -> tuple[Node, ...]:
    """The functions inside a module or another function that call methods of a name and bind it for themselves."""
    if not isinstance(region, Module | FunctionDef):
        return ()
    known: dict[tuple[Node, str], tuple[Node, ...]] = region.file.kept.setdefault(_functions_anew, {})
    key = (region, name)
    if key not in known:
        data = region.file.data[region.start : region.end]
        is_flat = isinstance(region, FunctionDef) and data.count(b"def ") == 1
        found = (
            ()
            if is_flat
            else (
                _binder_within(scopes, name, region, at)
                for at in places_of(name.encode(), data)
                if METHOD_CALLED.match(data, at + len(name.encode()))
            )
        )
        known[key] = tuple(dict.fromkeys(one for one in found if one is not None))
    return known[key]


def _binder_within(scopes: Scopes, name: str, region: Node, at: int) -> FunctionDef | None:
    """The function inside the region that binds the name where it stands there."""
    node = region.file.node_at(region.start + at)
    function = None if node is None else node.function
    while function is not None and function is not region and region.contains(function):
        scope = scopes.opened_by(function)
        if scope is not None and scope.bindings(name):
            return function
        function = function.function
    return None


def _blocks_anew(scopes: Scopes, root: Node, found: tuple[Scope, Bindings] | None, region: Node) -> tuple[Node, ...]:
    if found is None or len(found[1]) < 2 or found[0] is not scopes.of(root):
        return ()
    near = reaching(found[1], root)
    blocks = [one.node.enclosing(With) for one in found[1] if isinstance(one.node, WithItem) and one not in near]
    return tuple(one for one in blocks if one is not None and region.contains(one) and not one.contains(root))
