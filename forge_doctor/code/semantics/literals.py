"""What a name stands for where only one thing is ever bound to it, and the text of string expressions; computes nothing
else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from forge_doctor.code.semantics.library.kinds import Kind
from forge_doctor.code.semantics.names.bindings import Binding, How
from forge_doctor.code.semantics.names.reaching import reaching
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import (
    Assign,
    Attribute,
    BinOp,
    Call,
    ClassDef,
    Constant,
    Dict,
    Name,
    Node,
    Sequence,
    Starred,
    Str,
    TypeAlias,
)
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.regex import regex

if TYPE_CHECKING:
    import tree_sitter as ts

MAX_HOPS = 8
ADDING = regex(rb"[+|%]=")
LONGEST_NAME = 200
LAST_WORD = regex(rb"(?<!\w)(\w{1,190})\s{0,9}\Z")
# Stands in a text for what is only known at run time.
HOLE = "\0"


def followed(project: Project, node: Node, hops: int = 0) -> Node:
    """The expression a name stands for, through imports; the node itself where that is not certain."""
    if not isinstance(node, Name) or hops > MAX_HOPS:
        return node
    binding, file = _only_binding(project, node)
    if binding is None or file is None or binding.how is not How.ASSIGN:
        return node
    assign = binding.node
    if not isinstance(assign, Assign) or assign.is_augmented or assign.value is None or assign.value is node:
        return node
    value = _part_of(assign.value, binding.path)
    return node if value is None or _is_added_to(assign, node) else followed(project, value, hops + 1)


def _part_of(value: Node, path: tuple[int, ...]) -> Node | None:
    """What one of `a, b = 1, 2` is bound to; None where the parts are not written down one by one."""
    for place in path:
        parts = value.elts if isinstance(value, Sequence) else ()
        if not 0 <= place < len(parts) or any(isinstance(one, Starred) for one in parts):
            return None
        value = parts[place]
    return value


def _is_added_to(assign: Assign, read: Name) -> bool:
    """Whether a `query += " and b = $2"` stands between: it binds nothing anew, and the name holds more than it was given."""
    file, name = assign.file, assign.target.text
    if name.encode() not in _names_added_to(file):
        return False
    end = read.start if read.file is file and read.function is assign.function else len(file.data)
    for match in re.finditer(rb"(?<![\w.])%s\s{0,9}[+|%%]=" % re.escape(name.encode()), file.data[assign.end : end]):
        added = file.node_at(assign.end + match.start())
        if added is not None and added.function is assign.function:
            return True
    return False


def _names_added_to(file: SourceFile) -> frozenset[bytes]:
    """The words before a `+=`, `|=` or `%=`; found once a file."""
    known: dict[str, frozenset[bytes]] = file.kept.setdefault(_names_added_to, {})
    if not known:
        data = file.data
        places = (one.start() for one in ADDING.finditer(data))
        before = (LAST_WORD.search(data[max(0, place - LONGEST_NAME) : place]) for place in places)
        known[""] = frozenset(one.group(1) for one in before if one is not None)
    return known[""]


def alias_of(project: Project, annotation: Node) -> Node | None:
    """The type that a name in an annotation stands for (`SessionDep = Annotated[...]`), through imports; None for a
    class, or where that is not certain."""
    if isinstance(annotation, Attribute):
        module = project.value_of(annotation.value)
        home = module.definition.file if module.kind is Kind.MODULE and module.definition is not None else None
        target = None if home is None else project.export(home, annotation.attr)
        binding = None if target is None else target.binding
    else:
        binding = _only_binding(project, annotation)[0] if isinstance(annotation, Name) else None
    node = None if binding is None else binding.node
    return node.value if isinstance(node, Assign | TypeAlias) else None


def setting_default(project: Project, node: Node) -> Node | None:
    """What the class of `settings` gives `settings.url` where nothing else is set; None where it may be changed there."""
    class_ = settings_class(project, node.value) if isinstance(node, Attribute) else None
    return field_default(project, class_, node.attr) if isinstance(node, Attribute) and class_ is not None else None


def settings_class(project: Project, node: Node) -> ClassDef | None:
    """The class of the project that an expression is an instance of."""
    value = project.value_of(node)
    return value.definition if value.kind is Kind.INSTANCE and isinstance(value.definition, ClassDef) else None


def field_default(project: Project, class_: ClassDef, name: str) -> Node | None:
    """What a settings class gives a field where nothing else is set; None where it may be changed there.

    A settings class may hold what its validators made of it: then the default is not what is read.
    """
    scope = project.scopes(class_.file).opened_by(class_)
    bindings = [] if scope is None else scope.bindings(name)
    if len(bindings) != 1 or re.search(rf"""["']{name}["']|self\.{name}\s*=""", class_.text):
        return None
    assign = bindings[0].node
    given = assign.value if isinstance(assign, Assign) else None
    if isinstance(given, Call) and given.method == "Field":
        given = given.argument(0, "default")
    return None if given is None else followed(project, given)


def _only_binding(project: Project, name: Name) -> tuple[Binding | None, SourceFile | None]:
    scopes = project.scopes(name.file)
    found = scopes.lookup(name.text, name)
    if found is None:
        return None, None
    scope, all_bindings = found
    bindings = reaching(all_bindings, name) if scope is scopes.of(name) else all_bindings
    if len(bindings) != 1:
        return None, None
    target = project.target(bindings[0], name.file)
    if target.file is None or target.binding is None:
        return None, None
    if target.file is not name.file and len(project.scopes(target.file).module.bindings(target.binding.name)) != 1:
        return None, None
    return target.binding, target.file


def text_of(node: Node) -> str | None:
    """The text of a string expression, `HOLE` where something is filled in; None for what is no string."""
    if isinstance(node, Str):
        return None if _is_bytes(node.raw) else "".join(_pieces(node.raw))
    if isinstance(node, BinOp) and node.op in ("+", "%"):
        left, right = text_of(node.left), text_of(node.right)
        if node.op == "%":
            return None if left is None else left.replace("%s", HOLE)
        return None if left is None and right is None else (left or HOLE) + (right or HOLE)
    if isinstance(node, Call) and node.method == "format" and isinstance(node.receiver, Str):
        return "".join(_filled(node.receiver))
    return None


def filled_text_of(project: Project, node: Node, hops: int = 0) -> str | None:
    """The same, with what names bound once hold filled in: `"postgresql://" + HOST + f":{PORT}/shop"`."""
    node = followed(project, node)
    if hops > MAX_HOPS:
        return None
    if isinstance(node, Constant):
        return node.text if node.text.isdigit() else None
    if isinstance(node, Call) and node.func.text == "str" and len(node.args) == 1:
        return filled_text_of(project, node.args[0], hops + 1)
    if isinstance(node, BinOp) and node.op == "+":
        left, right = (filled_text_of(project, one, hops + 1) for one in (node.left, node.right))
        return None if left is None and right is None else (left or HOLE) + (right or HOLE)
    if isinstance(node, Str) and node.interpolations and (text := text_of(node)) is not None:
        pieces = text.split(HOLE)
        if len(pieces) != len(node.interpolations) + 1:
            return text
        filled = (filled_text_of(project, one, hops + 1) or HOLE for one in node.interpolations)
        return pieces[0] + "".join(value + piece for value, piece in zip(filled, pieces[1:], strict=True))
    return text_of(node)


def is_filled_in(text: str) -> bool:
    """Whether a part of the text is only known at run time."""
    return HOLE in text


def dict_entries(project: Project, node: Node) -> dict[str, Node] | None:
    """The entries of a dict display or `dict(...)` call; None where they cannot all be seen."""
    node = followed(project, node)
    if isinstance(node, Dict):
        if len(node.items) != len(node.children) or not all(isinstance(key, Str) for key, _ in node.items):
            return None
        return {key.value: value for key, value in node.items if isinstance(key, Str)}
    if isinstance(node, Call) and node.func.text == "dict" and not node.args:
        return None if any(not one.name for one in node.keywords) else {one.name: one.value for one in node.keywords}
    return None


def _pieces(raw: ts.Node) -> Iterator[str]:
    for child in raw.children:
        if child.type == "string_content":
            yield _read(child)
        elif child.type == "interpolation":
            yield HOLE
        elif child.type == "string":
            yield from _pieces(child)


# Of one letter; those that name a character by its number are left as they are written.
ESCAPES = {
    rb"\n": "\n", rb"\t": "\t", rb"\r": "\r", rb"\\": "\\", rb"\'": "'", rb"\"": '"', b"\\\n": "", b"\\\r\n": ""
}  # fmt: skip


def _read(content: ts.Node) -> str:
    """What stands between the quotes, as Python reads it: a raw string has no escapes."""
    text = content.text or b""
    escapes = [one for one in content.children if one.type == "escape_sequence"] if b"\\" in text else []
    start, end, found = content.start_byte, 0, ""
    for one in escapes:
        written = one.text or b""
        found += text[end : one.start_byte - start].decode("utf-8", "replace")
        found += ESCAPES.get(written, written.decode("utf-8", "replace"))
        end = one.end_byte - start
    return found + text[end:].decode("utf-8", "replace")


def _filled(node: Str) -> Iterator[str]:
    text, depth = "".join(_pieces(node.raw)), 0
    for letter in text:
        if letter == "{":
            depth += 1
            yield HOLE
        elif letter == "}":
            depth -= 1
        elif not depth:
            yield letter


def _is_bytes(raw: ts.Node) -> bool:
    first = raw.children[0] if raw.type == "concatenated_string" and raw.children else raw
    start = first.children[0].text if first.children else None
    return b"b" in (start or b"").lower()


def whole_string(node: Node | None) -> Node | None:
    """The string an offset lies in, with those written beside it."""
    found = node
    while found is not None and not isinstance(found, Str):
        found = found.parent
    if found is not None and isinstance(found.parent, Str) and found.parent.raw.type == "concatenated_string":
        return found.parent
    return found
