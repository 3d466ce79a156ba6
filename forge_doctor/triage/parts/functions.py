"""The functions of an application's source, and which of them calls which; nothing of it is run."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

from forge_doctor.dataclass import dataclass, replace
from forge_doctor.triage.code_map import CodeMap, Function
from forge_doctor.triage.discovery.sources import files_of
from forge_doctor.triage.looks import WantedSource

MOST_FILES = 1500
FACTORIES = frozenset({"async_sessionmaker", "sessionmaker", "async_scoped_session", "scoped_session"})
ENGINES = frozenset({"create_async_engine", "create_engine", "async_engine_from_config", "engine_from_config"})
MANAGERS = frozenset({"asynccontextmanager", "contextmanager"})
SESSIONS = frozenset({"AsyncSession", "Session"})
MOST_BYTES = 1_000_000
NOTHING = ast.Module(body=[], type_ignores=[])


def look(wanted: WantedSource) -> CodeMap:
    """The functions of an application, its files named from the source root; one that does not parse has none."""
    if wanted.source is None:
        return CodeMap()
    return read_code_map(files_of(wanted.source, wanted.application)[:MOST_FILES], wanted.source.here)


def read_code_map(files: Iterable[Path], root: Path) -> CodeMap:
    """The functions of these files."""
    named = [(path.relative_to(root) if path.is_relative_to(root) else path, _tree(path)) for path in files]
    trees = tuple(tree for _, tree in named)
    made = _Made(
        factories=SESSIONS | {name for tree in trees for name in _bound_to(tree, FACTORIES)},
        engines=frozenset(name for tree in trees for name in _bound_to(tree, ENGINES)),
    )
    made = replace(made, factories=made.factories | {name for tree in trees for name in _managers(tree, made)})
    found = [one for path, tree in named for one in _inside(tree, path.as_posix(), "", made)]
    return CodeMap(functions=tuple(_with_known_calls(found)), files=tuple(path.as_posix() for path, _ in named))


def _tree(path: Path) -> ast.Module:
    try:
        data = path.read_bytes()
        return ast.parse(data) if len(data) <= MOST_BYTES else NOTHING
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made:
    """What a session is made of: names of factories, and of engines whose connections are begun by themselves."""

    factories: frozenset[str]
    engines: frozenset[str]

    def is_session(self, call: ast.Call) -> bool:
        """Whether the call takes a connection: `Session()`, `Session.begin()`, `engine.connect()`, `scope()`."""
        func = call.func
        if isinstance(func, ast.Attribute) and func.attr in ("begin", "connect") and _name(func.value) in self.engines:
            return True
        made = func.value if isinstance(func, ast.Attribute) and func.attr == "begin" else func
        return _name(made) in self.factories


def _managers(tree: ast.Module, made: _Made) -> Iterator[str]:
    """Context managers of the application's own that make a session: who enters one has it."""
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            and any(_name(one) in MANAGERS for one in node.decorator_list)
            and any(isinstance(one, ast.Call) and made.is_session(one) for one in ast.walk(node))
        ):
            yield node.name


def _bound_to(tree: ast.Module, makers: frozenset[str]) -> Iterator[str]:
    """Names and attributes that what one of these makes is bound to."""
    for node in ast.walk(tree):
        value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(value, ast.Call) and _name(value.func) in makers:
            for target in node.targets if isinstance(node, ast.Assign) else (node.target,):
                yield _name(target)


def _name(node: ast.expr) -> str:
    """The last name of `a.b.c`."""
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _inside(node: ast.AST, path: str, around: str, made: _Made) -> Iterator[Function]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            own = f"{around}{child.name}"
            nodes = tuple(ast.walk(child))
            begun = list(_begun(nodes, made))
            yield Function(
                path=path,
                name=own,
                line=min([child.lineno, *(one.lineno for one in child.decorator_list)]),
                end_line=child.end_lineno or child.lineno,
                calls=tuple(dict.fromkeys(("", called) for called in _called(nodes))),
                opens=tuple(line for line, _ in begun),
                left_open=tuple(line for line, ended in begun if not ended),
                looped=tuple(_looped(nodes)),
                engines=tuple(
                    node.lineno for node in nodes if isinstance(node, ast.Call) and _name(node.func) in ENGINES
                ),
                yields=any(isinstance(node, ast.Yield | ast.YieldFrom) for node in nodes),
            )
            yield from _inside(child, path, f"{own}.", made)
        elif isinstance(child, ast.ClassDef):
            yield from _inside(child, path, f"{around}{child.name}.", made)
        elif not isinstance(child, ast.expr):
            yield from _inside(child, path, around, made)


def _looped(nodes: Iterable[ast.AST]) -> Iterator[tuple[str, int]]:
    """What it calls in each step of a loop: not the iterable, which is worked out once."""
    for loop in nodes:
        if isinstance(loop, ast.For | ast.AsyncFor | ast.While):
            steps: list[ast.AST] = [*loop.body]
        elif isinstance(loop, ast.ListComp | ast.SetComp | ast.GeneratorExp):
            steps = [loop.elt]
        elif isinstance(loop, ast.DictComp):
            steps = [loop.key, loop.value]
        else:
            continue
        calls = (node for step in steps for node in ast.walk(step) if isinstance(node, ast.Call))
        yield from ((name, node.lineno) for node in calls if (name := _name(node.func)))


def _begun(nodes: Iterable[ast.AST], made: _Made) -> Iterator[tuple[int, bool]]:
    """Lines where it makes a session, and whether a `with` ends it."""
    withs = [node for node in nodes if isinstance(node, ast.With | ast.AsyncWith)]
    entered = {id(item.context_expr) for node in withs for item in node.items}
    for node in nodes:
        if isinstance(node, ast.Call) and made.is_session(node):
            yield node.lineno, id(node) in entered


def _called(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """Names it calls, and names it hands on (`add_task(send, ...)`, `Depends(get_session)`)."""
    for node in nodes:
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
        yield replace(one, calls=calls, looped=tuple(dict.fromkeys(each for each in one.looped if each[0] in known)))
