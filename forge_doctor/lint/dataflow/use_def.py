"""Where the value a name was given is read, and what a name was given; says nothing of what the reads do with it."""

from __future__ import annotations

import string
from collections.abc import Iterable, Iterator
from itertools import islice

from forge_doctor.code.semantics.literals import followed
from forge_doctor.code.semantics.names.reaching import Bindings, Reach, comes_round
from forge_doctor.code.semantics.names.scopes import Scope, Scopes
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import (
    Assign,
    Attribute,
    Call,
    ComprehensionFor,
    For,
    FunctionDef,
    Keyword,
    Name,
    NamedExpr,
    Node,
    Param,
    Sequence,
    While,
    With,
    WithItem,
)

WORD = frozenset(bytes([one]) for one in (string.ascii_letters + string.digits + "_").encode())
MOST_READS = 64  # of one value
NARROW = 8  # a read that more bindings reach is not noted for each of them


class Reads:
    """The reads of one name in one scope and those inside it, in order of the text, by which binding may reach them."""

    def __init__(self, bindings: Bindings, reads: Iterable[Name], scope: Node) -> None:
        self.all = tuple(reads)
        self._bindings = bindings
        self._elsewhere = [one for one in self.all if one.owner is not scope]  # in scopes inside: at any time
        self._own = [one for one in self.all if one.owner is scope]
        self._wide: list[tuple[Reach, Name]] = []
        self._narrow: dict[int, list[Name]] = {}
        self._known: dict[int, list[Name]] = {}
        for read in self._own:
            reach = bindings.reach(read)
            if reach.end - reach.first > NARROW:
                self._wide.append((reach, read))
            else:
                for index in reach.indexes:
                    self._narrow.setdefault(index, []).append(read)

    def of(self, index: int) -> list[Name]:
        """Those that a binding may reach."""
        if index not in self._known:
            self._known[index] = self._of(index)
        return self._known[index]

    def _of(self, index: int) -> list[Name]:
        found = {*self._elsewhere, *self._narrow.get(index, ())}
        wide = [one for one in self._wide if one[0].first <= index < one[0].end]
        found.update([name for reach, name in wide if not reach.without or index in reach])
        found.update(self._by_the_next_turn(index))
        return sorted(found, key=lambda one: one.start)

    def _by_the_next_turn(self, index: int) -> Iterator[Name]:
        node = self._bindings[index].node
        loops = [one for one in node.ancestors if isinstance(one, For | While) and one.function is node.function]
        for name in self._own if loops else ():
            if loops[-1].contains(name) and comes_round(self._bindings, index, name):
                yield name


def reads_of(project: Project, name: Name, assign: Node) -> Iterator[Name]:
    """The reads that may see the value bound to `name` by `assign`, in the same scope and those inside it."""
    scopes = project.scopes(name.file)
    found = scopes.lookup(name.text, name)
    if found is None:
        return
    scope, bindings = found
    if bindings is not scope.bindings(name.text):
        yield from _reads_beside_comprehensions(scopes, scope, bindings, name, assign)
        return
    known: dict[tuple[int, str], Reads] = name.file.kept.setdefault(reads_of, {})
    reads = known.get((scope.raw.id, name.text))
    if reads is None:
        of_scope = (read for read, _ in _reads_in(scopes, scope, name.text))
        reads = known[(scope.raw.id, name.text)] = Reads(bindings, of_scope, scope.node)
    index = bindings.index_of(assign, name)
    yield from (one for one in (reads.all if index is None else reads.of(index)) if one is not name)


def few_reads_of(project: Project, name: Name, assign: Node) -> list[Name] | None:
    """The same as a list; None for more than anybody follows."""
    reads = [*islice(reads_of(project, name, assign), MOST_READS + 1)]
    return reads if len(reads) <= MOST_READS else None


def _reads_beside_comprehensions(
    scopes: Scopes, scope: Scope, bindings: Bindings, name: Name, assign: Node
) -> Iterator[Name]:
    """Where some of the bindings are seen in a part of the scope only, or in a class."""
    index = bindings.index_of(assign, name)
    binder = None if index is None else bindings[index]
    for read, others in _reads_in(scopes, scope, name.text):
        if read is name:
            continue
        if isinstance(others[0].node, ComprehensionFor) or (binder and isinstance(binder.node, ComprehensionFor)):
            if binder in others:
                yield read
        elif (
            read.owner is not scope.node
            or index is None
            or index in bindings.reach(read)
            or comes_round(bindings, index, read)
        ):
            yield read


def _reads_in(scopes: Scopes, scope: Scope, text: str) -> Iterator[tuple[Name, Bindings]]:
    """Every read of a scope's name, with the bindings that are looked up there."""
    file, word = scope.file, text.encode()
    at = file.data.find(word, scope.node.start, scope.node.end)
    while at >= 0:
        read = file.node_at(at) if is_whole_name(file.data, at, len(word)) else None
        if isinstance(read, Name) and is_read(read):
            found = scopes.lookup(text, read)
            if found is not None and found[0] is scope:
                yield read, found[1]
        at = file.data.find(word, at + len(word), scope.node.end)


def is_whole_name(data: bytes, start: int, length: int) -> bool:
    """Whether what stands there is a name of its own: neither a part of a longer one nor an attribute."""
    before, behind = data[start - 1 : start] if start else b"", data[start + length : start + length + 1]
    return before != b"." and before not in WORD and behind not in WORD


def is_read(name: Name) -> bool:
    """Whether a name stands for its value there, not as a target, keyword or parameter."""
    around = name.parent
    if isinstance(around, Keyword):
        return around.value is name
    if isinstance(around, Attribute):
        return around.value is name
    if isinstance(around, Assign):
        return name not in around.targets and around.annotation is not name
    if isinstance(around, For | ComprehensionFor):
        return around.target is not name
    if isinstance(around, WithItem):
        return around.value is name
    if isinstance(around, NamedExpr):
        return around.target is not name
    if isinstance(around, Param):
        return around.default is name
    if isinstance(around, FunctionDef):
        return False
    if isinstance(around, Sequence):
        return not isinstance(around.parent, Assign) or around not in around.parent.targets
    return True


def all_reads(project: Project, name: Name, assign: Node) -> Iterator[Name]:
    """The reads that may see the value, those of the next round of a loop included."""
    seen = set()
    for read in reads_of(project, name, assign):
        seen.add(read)
        yield read
    loop = next(
        (one for one in assign.ancestors if isinstance(one, For | While) and one.function is name.function), None
    )
    for read in () if loop is None else loop.find(Name):
        around = read.parent
        is_owner = isinstance(around, Attribute) and around.value is read
        if is_owner and read.text == name.text and read not in seen and read.start < assign.start:
            yield read


def param_reads(project: Project, function: FunctionDef, name: str) -> Iterator[Name]:
    """The reads of a parameter."""
    scope = project.scopes(function.file).opened_by(function)
    binding = None if scope is None else next(iter(scope.bindings(name)), None)
    if binding is None:
        return
    for statement in function.body:
        for read in statement.file.query(Name, statement):
            if read.text == name and is_read(read):
                yield read


def parameter_name(function: FunctionDef, call: Call, place: Node, around: Node) -> str:
    """The parameter an argument of a call goes to; empty where it cannot be told."""
    names = function.param_names
    if isinstance(around, Keyword):
        return around.name if around.name in names else ""
    offset = 1 if function.is_method and not function.decorated_by("staticmethod") else 0
    if place not in call.args:
        return ""
    index = min(call.args.index(place) + offset, function.places)
    return names[index] if index < len(names) else ""


def entered_or_bound(project: Project, name: Node) -> Node:
    """What a name stands for, by a `with ... as name` around or an assignment; the node itself where neither is certain."""
    for around in name.ancestors:
        for item in around.items if isinstance(around, With) else ():
            if item.target is not None and item.target.text == name.text:
                return item.value
    return followed(project, name)
