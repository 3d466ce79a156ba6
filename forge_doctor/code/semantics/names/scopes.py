"""Which names a file binds, in which scope, to what; computed once per file from one query, and follows no import."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from forge_doctor.code.semantics.names.bindings import Binding, How, bindings_of
from forge_doctor.code.semantics.names.reaching import Bindings, is_before
from forge_doctor.code.syntax.nodes import (
    Assign,
    ClassDef,
    ComprehensionFor,
    FunctionDef,
    Lambda,
    Module,
    Node,
    Param,
)
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.regex import regex

if TYPE_CHECKING:
    import tree_sitter as ts

BINDERS = (
    "function_definition", "class_definition", "lambda", "assignment", "named_expression", "for_statement",
    "for_in_clause", "with_item", "except_clause", "case_clause", "import_statement", "import_from_statement", "type_alias_statement",
    "global_statement", "nonlocal_statement",
)  # fmt: skip

# More binders and more questions than that, and an index of the words costs less than to look for each.
MANY = 32
WORD = regex(rb"[\w\x80-\xff]+|\*")
OPENERS = frozenset({"function_definition", "class_definition", "lambda"})
LONG = frozenset({"assignment", "for_statement", "except_clause", "case_clause"})
DECLARERS = frozenset({"global_statement", "nonlocal_statement"})
UNBOUND = Bindings()  # most names that a scope is asked for


class Scope:
    """A module, class, function or lambda and the names it binds, each told apart when first asked for.

    `binders` are the statements and clauses that bind, each with the place where the names stand.
    """

    def __init__(self, file: SourceFile, raw: ts.Node, parent: Scope | None) -> None:
        self.file = file
        self.raw = raw
        self.parent = parent
        self.binders: list[tuple[ts.Node, int, int]] = []
        self._asked = 0
        self.outer_names: set[str] = set()
        self.given: dict[str, list[Binding]] = {}  # from inner scopes, by `global` and `nonlocal`
        self._bindings: dict[str, Bindings] = {}
        self._bound_by: dict[int, tuple[Binding, ...]] = {}

    @cached_property
    def node(self) -> Module | ClassDef | FunctionDef | Lambda:
        """The syntax that opens it."""
        node = self.file.node(self.raw)
        return node if isinstance(node, Module | ClassDef | FunctionDef | Lambda) else self.file.module

    def bindings(self, name: str) -> Bindings:
        """The bindings of a name, in order of the text; of a function that has overloads, the one with its code."""
        found = self._bindings.get(name)
        if found is None:
            bound = [*(() if name in self.outer_names else self._own(name)), *self.given.get(name, ())]
            if len(bound) > 1:
                bound.sort(key=lambda one: one.start)
                bound = [one for one in bound if not one.is_overload] or bound
            found = self._bindings[name] = Bindings(bound) if bound else UNBOUND
        return found

    @property
    def star_imports(self) -> list[str]:
        """The modules of `from module import *`."""
        return [one.module for one in self.bindings("*")]

    @cached_property
    def _params(self) -> tuple[Binding, ...]:
        node = self.node
        if not isinstance(node, FunctionDef | Lambda):
            return ()
        named = ((one.name if isinstance(one, Param) else one.text.lstrip("*"), one) for one in node.params)
        return tuple(Binding(name=name, how=How.PARAM, node=param) for name, param in named)

    def _own(self, name: str) -> list[Binding]:
        """Made of those binders alone that have the name in them."""
        found = [one for one in self._params if one.name == name]
        for raw in self._binders_with(name.encode()):
            found += (one for one in self._of_binder(raw) if one.name == name)
        return found

    def _binders_with(self, word: bytes) -> list[ts.Node]:
        """Those that have the word in them: looked for at first, and looked up where many are asked for."""
        self._asked += 1
        if len(self.binders) <= MANY or self._asked <= MANY:
            data = self.file.data
            return [raw for raw, start, end in self.binders if data.find(word, start, end) >= 0]
        return self._by_word.get(word, [])

    @cached_property
    def _by_word(self) -> dict[bytes, list[ts.Node]]:
        found: dict[bytes, list[ts.Node]] = {}
        for raw, start, end in self.binders:
            for word in {*WORD.findall(self.file.data, start, end)}:
                found.setdefault(word, []).append(raw)
        return found

    def _of_binder(self, raw: ts.Node) -> tuple[Binding, ...]:
        found = self._bound_by.get(raw.id)
        if found is None:
            found = self._bound_by[raw.id] = tuple(bindings_of(self.file.node(raw)))
        return found

    def hand_out(self) -> None:
        """Give what `global` and `nonlocal` name to the scopes outside."""
        scope = self
        while scope.parent is not None:
            scope = scope.parent
        for name in self.outer_names if scope is not self else ():
            if found := self._own(name):
                scope.given.setdefault(name, []).extend(found)


class Scopes:
    """All scopes of a file, and all assignments to attributes (`self.session = session`)."""

    def __init__(self, file: SourceFile) -> None:
        self.file = file
        self.module = Scope(file, file.tree.root_node, None)
        self._by_id: dict[int, Scope] = {file.module.raw.id: self.module}
        self._assignments: list[ts.Node] = []
        self._build()

    def of(self, node: Node) -> Scope:
        """The scope a node belongs to."""
        return self._by_id.get(node.owner.raw.id, self.module)

    def opened_by(self, node: Node) -> Scope | None:
        """The scope a function, class, lambda or module opens."""
        return self._by_id.get(node.raw.id)

    def lookup(self, name: str, at: Node) -> tuple[Scope, Bindings] | None:
        """The scope that binds `name` as seen from `at`, with its bindings in order.

        As Python does, class bodies are skipped from the inside of functions, and a name that a class
        body has not bound yet is looked for around it.
        """
        scope: Scope | None = self.of(at)
        first = True
        while scope is not None:
            in_class = scope.raw.type == "class_definition"
            if first or not in_class:
                found = scope.bindings(name)
                if found and (in_class or found.in_comprehensions):
                    found = Bindings(one for one in found if _visible(one, at) and (not in_class or is_before(one, at)))
                    found = _of_innermost(found)
                if found:
                    return scope, found
            scope, first = scope.parent, False
        return None

    @cached_property
    def functions(self) -> tuple[FunctionDef, ...]:
        """Every function of the file."""
        return tuple(scope.node for scope in self._by_id.values() if isinstance(scope.node, FunctionDef))

    @cached_property
    def classes(self) -> tuple[ClassDef, ...]:
        """Every class of the file."""
        return tuple(scope.node for scope in self._by_id.values() if isinstance(scope.node, ClassDef))

    @cached_property
    def attribute_assignments(self) -> dict[str, list[Assign]]:
        """Assignments to an attribute of anything, by the attribute's name."""
        found: dict[str, list[Assign]] = {}
        for raw in self._assignments:
            left = raw.child_by_field_name("left")
            name = None if left is None or left.type != "attribute" else left.child_by_field_name("attribute")
            node = None if name is None else self.file.node(raw)
            if name is not None and isinstance(node, Assign):
                found.setdefault(self.file.text_of(name), []).append(node)
        return found

    def _build(self) -> None:
        stack: list[tuple[Scope, int, int, int]] = [(self.module, 0, len(self.file.data) + 1, 0)]
        declaring: list[Scope] = []
        for raw in self.file.nodes_by_type.of(BINDERS):
            start, end, kind = raw.start_byte, raw.end_byte, raw.type
            while len(stack) > 1 and stack[-1][2] <= start:
                stack.pop()
            # Defaults, decorators and annotations belong outside.
            depth = len(stack) - 1
            while depth and start < stack[depth][3]:
                depth -= 1
            scope = stack[depth][0]
            named_until = end
            if kind in OPENERS:
                inner = self._by_id[raw.id] = Scope(self.file, raw, scope)
                body = raw.child_by_field_name("body")
                stack.append((inner, start, end, start if body is None else body.start_byte))
                named_until = named_until if body is None else body.start_byte
            elif kind in LONG:
                named_until = _end_of_names(raw, named_until)
            if kind in DECLARERS:
                scope.outer_names.update(child.text.decode() for child in raw.named_children if child.text)
                declaring.append(scope)
            elif kind != "lambda":
                scope.binders.append((raw, start, named_until))
            if kind == "assignment":
                self._assignments.append(raw)
        for scope in declaring:
            scope.hand_out()


def _end_of_names(raw: ts.Node, end: int) -> int:
    """Where the names end that an assignment, a loop, a handler or a pattern binds, and what they are given or a block begins."""
    if raw.type == "assignment":
        given = raw.child_by_field_name("right")
        return end if given is None or given.type == "assignment" else given.start_byte
    if raw.type == "for_statement":
        given = raw.child_by_field_name("right")
        return end if given is None else given.start_byte
    block = next((one for one in raw.named_children if one.type == "block"), None)
    return end if block is None else block.start_byte


def _visible(binding: Binding, at: Node) -> bool:
    """A comprehension's name is seen in all of it but what it walks over."""
    if isinstance(binding.node, ComprehensionFor):
        around = binding.node.parent
        return around is not None and around.contains(at) and not binding.node.iter.contains(at)
    return True


def _of_innermost(bindings: Bindings) -> Bindings:
    """Those of the innermost comprehension, which hide the same name around it; all where none is of one."""
    around = [one.node.parent for one in bindings if isinstance(one.node, ComprehensionFor)]
    if not around:
        return bindings
    innermost = max(around, key=lambda one: one.start if one is not None else 0)
    return Bindings(one for one in bindings if isinstance(one.node, ComprehensionFor) and one.node.parent is innermost)
