"""The text of string literals: escapes read, f-strings filled in with what is known."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from forge_doctor.code.syntax.nodes import Str
from forge_doctor.migrations.evaluation.files import FilePath
from forge_doctor.migrations.evaluation.hole import HOLE
from forge_doctor.migrations.evaluation.interface import Runner
from forge_doctor.migrations.evaluation.sizes import is_small
from forge_doctor.migrations.evaluation.values import Frame, Unknown, Value

if TYPE_CHECKING:
    import tree_sitter as ts


def text(run: Runner, node: Str, frame: Frame) -> Value:
    """What a string expression is."""
    raw = node.raw
    parts = [raw] if raw.type == "string" else [child for child in raw.children if child.type == "string"]
    found = [_string(run, node, part, frame) for part in parts]
    if not found or any(one is None for one in found):
        return Unknown(node.text)
    whole = "".join(one for one in found if one is not None)
    return whole if is_small(whole) or len(whole) <= 2 * len(node.text) else Unknown(node.text)


def _string(run: Runner, node: Str, raw: ts.Node, frame: Frame) -> str | None:
    """One literal; None for bytes."""
    data = node.file.data
    children = raw.children
    if not children:
        return None
    prefix = data[children[0].start_byte : children[0].end_byte].lower()
    if b"b" in prefix:
        return None
    is_raw, is_format = b"r" in prefix, b"f" in prefix
    pieces: list[str] = []
    for child in children[1:]:
        if child.type == "string_content":
            content = data[child.start_byte : child.end_byte].decode("utf-8", "replace")
            if is_format:
                content = content.replace("{{", "{").replace("}}", "}")
            pieces.append(content if is_raw or "\\" not in content else unescaped(content))
        elif child.type == "interpolation":
            pieces.append(_filled(run, node, child, frame))
    return "".join(pieces)


def unescaped(content: str) -> str:
    """The text with its escapes read."""
    quoted = content.replace('"', '\\"') if '\\"' not in content else content
    try:
        read = ast.literal_eval(f'"""{quoted}"""')
    except (SyntaxError, ValueError):
        return content
    return read if isinstance(read, str) else content


def _filled(run: Runner, node: Str, raw: ts.Node, frame: Frame) -> str:
    expression = raw.child_by_field_name("expression")
    if expression is None:
        return HOLE
    value = run.evaluate(node.file.node(expression), frame)
    marks = {child.type: child for child in raw.children}
    if "format_specifier" in marks:
        return HOLE
    if "type_conversion" in marks:
        return repr(value) if isinstance(value, str | int) else HOLE
    return shown(value)


def shown(value: Value) -> str:
    """What `str()` gives."""
    return str(value) if isinstance(value, str | int | float | FilePath) or value is None else HOLE
