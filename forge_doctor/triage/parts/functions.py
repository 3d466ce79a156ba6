"""The functions of an application's source, and which of them calls which; nothing of it is run."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

from forge_doctor.triage.code_map import CodeMap, Function
from forge_doctor.triage.discovery.sources import files_of
from forge_doctor.triage.parts.lint import Wanted

MOST_FILES = 1500
MOST_BYTES = 1_000_000


def look(wanted: Wanted) -> CodeMap:
    """The functions of an application, its files named from the source root; one that does not parse has none."""
    if wanted.source is None:
        return CodeMap()
    return read_code_map(files_of(wanted.source, wanted.application)[:MOST_FILES], wanted.source.here)


def read_code_map(files: Iterable[Path], root: Path) -> CodeMap:
    """The functions of these files."""
    found: list[Function] = []
    names: list[str] = []
    for path in files:
        name = path.relative_to(root).as_posix() if path.is_relative_to(root) else path.as_posix()
        names.append(name)
        found += _functions(path, name)
    return CodeMap(functions=tuple(_with_known_calls(found)), files=tuple(names))


def _functions(path: Path, name: str) -> list[Function]:
    try:
        data = path.read_bytes()
        tree = ast.parse(data) if len(data) <= MOST_BYTES else ast.Module(body=[], type_ignores=[])
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    return list(_inside(tree, name, ""))


def _inside(node: ast.AST, path: str, around: str) -> Iterator[Function]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            own = f"{around}{child.name}"
            yield Function(
                path=path,
                name=own,
                line=min([child.lineno, *(one.lineno for one in child.decorator_list)]),
                end_line=child.end_lineno or child.lineno,
                calls=tuple(dict.fromkeys(("", called) for called in _called(child))),
            )
            yield from _inside(child, path, f"{own}.")
        elif isinstance(child, ast.ClassDef):
            yield from _inside(child, path, f"{around}{child.name}.")
        elif not isinstance(child, ast.expr):
            yield from _inside(child, path, around)


def _called(function: ast.AST) -> Iterator[str]:
    """Names it calls, and names it hands on (`add_task(send, ...)`, `Depends(get_session)`)."""
    for node in ast.walk(function):
        if isinstance(node, ast.Call):
            for one in (node.func, *node.args, *(each.value for each in node.keywords)):
                if isinstance(one, ast.Name):
                    yield one.id
                elif isinstance(one, ast.Attribute):
                    yield one.attr


def _with_known_calls(found: Iterable[Function]) -> Iterator[Function]:
    """Only calls of functions of this tree."""
    functions = tuple(found)
    known = {one.name.rpartition(".")[2] for one in functions}
    for one in functions:
        calls = tuple(call for call in one.calls if call[1] in known)
        yield Function(path=one.path, name=one.name, line=one.line, end_line=one.end_line, calls=calls)
