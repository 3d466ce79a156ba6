"""Every `await` before a call in a source file, how its value is used, and the text without it; judges no receiver."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

KINDS = ("bare", "assigned", "returned", "chained", "argument", "condition", "iterated", "other")
Function = ast.FunctionDef | ast.AsyncFunctionDef
# Written around a value without using it.
TRANSPARENT = (ast.IfExp, ast.Starred, ast.keyword)


@dataclass(frozen=True, slots=True)
class Site:
    """One `await receiver.method(...)` or `await function(...)`.

    `line` to `end_line` is the statement; of a compound one, its head. `offset` is that of the `await`, in bytes;
    `function` and `receiver` are the byte ranges of what is called and of what it is called on.
    """

    path: Path
    line: int
    end_line: int
    offset: int
    kind: str
    called: str
    receiver_name: str
    argument_names: tuple[str, ...]
    within: str
    function: tuple[int, int]
    receiver: tuple[int, int] | None

    @property
    def place(self) -> str:
        """For people to open."""
        return f"{self.path}:{self.line}"


def sites_of(path: Path, source: bytes, tree: ast.Module) -> Iterator[Site]:
    """All of them, each in an `async def`."""
    starts = line_starts(source)
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Await) or not isinstance(node.value, ast.Call):
            continue
        called = node.value.func
        around = list(ancestors(node, parents))
        functions = [one for one in around if isinstance(one, Function | ast.Lambda)]
        if not functions or not isinstance(functions[0], ast.AsyncFunctionDef) or not last_name(called):
            continue
        statement = next(one for one in around if isinstance(one, ast.stmt))
        on = called.value if isinstance(called, ast.Attribute) else None
        yield Site(
            path=path,
            line=statement.lineno,
            end_line=head_end(statement),
            offset=starts[node.lineno - 1] + node.col_offset,
            kind=kind_of(node, parents),
            called=last_name(called),
            receiver_name="" if on is None else last_name(on),
            argument_names=tuple(map(last_name, argument_values(node.value))),
            within=qualified_name(around),
            function=byte_range(called, starts),
            receiver=None if on is None else byte_range(on, starts),
        )


def kind_of(node: ast.expr, parents: dict[ast.AST, ast.AST]) -> str:
    """How the awaited value is used."""
    child: ast.AST = node
    parent = parents[child]
    while isinstance(parent, TRANSPARENT) and child is not getattr(parent, "test", None):
        child, parent = parent, parents[parent]
    match parent:
        case ast.Expr():
            return "bare"
        case ast.Assign() | ast.AnnAssign() | ast.AugAssign() | ast.NamedExpr():
            return "assigned"
        case ast.Return():
            return "returned"
        case ast.Attribute():
            return "chained"
        case ast.Subscript():
            return "chained" if parent.value is child else "other"
        case ast.Call():
            return "argument"
        case ast.For() | ast.comprehension() if parent.iter is child:
            return "iterated"
        case ast.If() | ast.While() | ast.BoolOp() | ast.UnaryOp() | ast.Compare() | ast.IfExp() | ast.Assert():
            return "condition"
        case ast.comprehension():
            return "condition"
    return "other"


def without_await(source: bytes, site: Site) -> bytes | None:
    """The text with one `await` less; None where that is no Python."""
    rest = source[site.offset :]
    if not rest.startswith(b"await"):
        return None
    mutated = source[: site.offset] + rest.removeprefix(b"await").lstrip(b" \t")
    try:
        compile(mutated, str(site.path), "exec", ast.PyCF_ONLY_AST)
    except (SyntaxError, ValueError):
        return None
    return mutated


def ancestors(node: ast.AST, parents: dict[ast.AST, ast.AST]) -> Iterator[ast.AST]:
    """What is around a node, from the inside out."""
    while (parent := parents.get(node)) is not None:
        yield parent
        node = parent


def head_end(statement: ast.stmt) -> int:
    """The last line of a statement, without the block it has."""
    body: list[ast.stmt] = getattr(statement, "body", [])
    end = statement.end_lineno or statement.lineno
    return max(statement.lineno, body[0].lineno - 1) if body else end


def qualified_name(around: list[ast.AST]) -> str:
    """`Class.function` or `function`, of the innermost function."""
    for index, one in enumerate(around):
        if isinstance(one, Function):
            outer = around[index + 1] if index + 1 < len(around) else None
            return f"{outer.name}.{one.name}" if isinstance(outer, ast.ClassDef) else one.name
    return ""


def last_name(node: ast.expr) -> str:
    """`commit` in `self.session.commit`; empty for what has no name."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def argument_values(call: ast.Call) -> list[ast.expr]:
    """The values a call is given."""
    return [*call.args, *(keyword.value for keyword in call.keywords)]


def line_starts(source: bytes) -> list[int]:
    """The offset in bytes of every line."""
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    return starts


def byte_range(node: ast.expr, starts: list[int]) -> tuple[int, int]:
    """Where a node stands."""
    assert node.end_lineno is not None
    assert node.end_col_offset is not None
    return starts[node.lineno - 1] + node.col_offset, starts[node.end_lineno - 1] + node.end_col_offset
