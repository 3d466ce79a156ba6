"""Where the application itself upgrades its database, and who runs that: each way from the call up to what starts it.

Ways are followed by calls and by functions handed on, so that a hop into a thread or another process is seen. Tests are left
out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from forge_doctor.code.semantics.library.kinds import Kind
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import (
    Attribute,
    Await,
    Call,
    FunctionDef,
    If,
    Keyword,
    Lambda,
    List,
    Module,
    Name,
    Node,
    Param,
    Str,
    Tuple,
)
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.code.syntax.stubs import is_test_file
from forge_doctor.migrations.environment.sources import Sources

DEEPEST = 5
PROCESSES = frozenset({"run", "call", "check_call", "check_output", "Popen", "system", "create_subprocess_exec",
                       "create_subprocess_shell"})  # fmt: skip
# What runs a function it is given in another thread or process, where no event loop runs.
HOPS = frozenset({"to_thread", "run_in_executor", "run_in_threadpool", "Thread", "submit", "Process", "start_new_thread",
                  "sync_to_async", "asyncify"})  # fmt: skip
LIST_OF_HOOKS = ("on_startup.append", "on_startup.insert", "on_startup.extend")
APPS = frozenset({"FastAPI", "Starlette", "Litestar", "Quart", "Sanic"})


class Upgrade(NamedTuple):
    """One way to a call that upgrades.

    `functions` are those it passes, the innermost first; `start` is what starts it at the application's start, in words,
    empty where nothing does; `in_loop` says that an event loop runs in the thread of the call; `is_process` that Alembic runs
    in a process of its own.
    """

    call: Call
    functions: tuple[FunctionDef, ...]
    start: str = ""
    in_loop: bool = False
    is_process: bool = False

    def has(self, pattern: re.Pattern[str]) -> bool:
        """Whether a function on the way has such a text, or the module's own statements where there is none."""
        texts = [one.text for one in self.functions] or [self.call.file.data.decode("utf-8", "replace")]
        return any(pattern.search(text) is not None for text in texts)


class _Way(NamedTuple):
    """A way so far: the function to be explained, those below it, and whether the thread is still that of the call."""

    function: FunctionDef
    below: tuple[FunctionDef, ...] = ()
    same_thread: bool = True


def upgrades_in(project: Project, sources: Sources) -> Iterator[Upgrade]:
    """Every way to every call, the shortest of each start."""
    for path in sources.kept.upgrades:
        file = project.open(path)
        if file is None or is_test_file(file) or path.name == "env.py":
            continue
        for call, is_process in _upgrade_calls(project, file):
            yield from _ways(project, sources, call, is_process)


def _upgrade_calls(project: Project, file: SourceFile) -> Iterator[tuple[Call, bool]]:
    """The calls that upgrade, or are handed what does, and whether each starts a process."""
    for name in file.query(Name):
        if name.id == "upgrade":
            node = name.parent if isinstance(name.parent, Attribute) else name
            call = node.parent
            if isinstance(call, Call) and project.qualified(node) == "alembic.command.upgrade":
                yield call, False
    for call in file.calls("main", *PROCESSES):
        name_ = project.qualified(call.func)
        if name_ == "alembic.config.main" and any(one.value == "upgrade" for one in call.find(Str)):
            yield call, False
        elif name_.startswith(("subprocess.", "asyncio.", "os.")) and call.method in PROCESSES and _runs_alembic(call):
            yield call, True


def _runs_alembic(call: Call) -> bool:
    words = [word for one in call.find(Str) for word in one.value.split()]
    return "upgrade" in words and any(word.rpartition("/")[2] == "alembic" for word in words)


def _ways(project: Project, sources: Sources, call: Call, is_process: bool) -> Iterator[Upgrade]:
    function = call.function
    if function is None:
        start = _module_start(call)
        yield Upgrade(call, (), start, is_process=is_process)
        return
    hopped = call.method in HOPS or _handed_to(call) in HOPS
    waiting = [_Way(function, same_thread=not hopped)]
    seen: set[FunctionDef] = set()
    while waiting:
        way = waiting.pop(0)
        one = way.function
        if one in seen or len(way.below) >= DEEPEST:
            continue
        seen.add(one)
        in_loop = one.is_async and way.same_thread
        start = startup_hook(one)
        functions = (*way.below, one)
        if start or in_loop:
            yield Upgrade(call, functions, start, in_loop and not is_process, is_process)
        if not start:
            waiting += _callers(project, sources, way)


def _callers(project: Project, sources: Sources, way: _Way) -> Iterator[_Way]:
    """The functions that call it, or hand it on."""
    for node in mentions(project, sources, way.function):
        caller = node.function
        if caller is None or caller is way.function or is_test_file(node.file):
            continue
        around = node.parent
        by = "" if isinstance(around, Call) and around.func is node else _handed_to(node)
        hop = by in HOPS or (by == "run_sync" and "to_thread" in node.statement.text)
        # A coroutine that another one awaits runs in its loop; one that is run in a loop of its own does not.
        yield _Way(caller, (*way.below, way.function), way.same_thread and not hop)


def mentions(project: Project, sources: Sources, function: FunctionDef) -> Iterator[Node]:
    """Where the project's code names a function, outside of its own definition: in its file, and in those that name its
    module or the package."""
    home = function.file
    module = home.absolute.parent.name if home.absolute.name == "__init__.py" else home.absolute.stem
    word = re.compile(rb"\b" + re.escape(function.name.encode()) + rb"\b")
    for path, data in sources.with_word(function.name.encode()):
        if path != home.absolute and module.encode() not in data:
            continue
        offsets = [match.start() for match in word.finditer(data)]
        file = project.open(path) if offsets else None
        for offset in offsets if file is not None else ():
            node = file.node_at(offset) if file is not None and len(file.data) == len(data) else None
            if isinstance(node, Name) and node is not function.name_node:
                if isinstance(node.parent, Attribute) and node.parent.attr_node is node:
                    node = node.parent
                value = project.value_of(node)
                if value.kind is Kind.FUNCTION and value.definition is function:
                    yield node


def _handed_to(node: Node) -> str:
    """The name of the call that a function, or a lambda around a call, is an argument of; empty for none."""
    inner: Node = node
    for around in node.ancestors:
        if isinstance(around, FunctionDef | Module):
            return ""
        if isinstance(around, Call) and around.func is not inner:
            if around.method != "partial":
                return around.method
        elif isinstance(inner, Call) and not isinstance(around, Lambda | Keyword | Await):
            return ""
        inner = around
    return ""


def startup_hook(function: FunctionDef) -> str:
    """What runs the function when the application starts, in words; empty where nothing in sight does."""
    class_ = function.class_
    if function.name == "__aenter__" and class_ is not None and "lifespan" in class_.name.lower():
        return f"the lifespan `{class_.name}`"
    for decorator in function.decorators:
        if isinstance(decorator, Call) and decorator.method == "on_event" and "startup" in decorator.text:
            return f"the startup handler `{function.name}()`"
        if isinstance(decorator, Attribute | Name) and decorator.text.rpartition(".")[2] in (
            "on_startup",
            "before_serving",
        ):
            return f"the startup handler `{function.name}()`"
    if function.decorated_by("asynccontextmanager") and _is_lifespan(function):
        return f"the lifespan `{function.name}()`"
    return next((start for node in _handed_over(function) if (start := _start_of(node, function))), "")


def _start_of(node: Node, function: FunctionDef) -> str:
    """What starts a function that is handed over here, in words."""
    around = node.parent
    if isinstance(around, Call) and around.func is not node and around.func.text.endswith(LIST_OF_HOOKS):
        return f"the startup handler `{function.name}()`"
    if isinstance(around, Keyword) and around.name == "lifespan":
        return f"the lifespan `{function.name}()`"
    if isinstance(around, List | Tuple) and isinstance(around.parent, Keyword) and around.parent.name == "on_startup":
        return f"the startup handler `{function.name}()`"
    if (
        isinstance(around, Call)
        and around.method in ("add_event_handler", "register_listener")
        and "startup" in around.text
    ):
        return f"the startup handler `{function.name}()`"
    return ""


def _is_lifespan(function: FunctionDef) -> bool:
    """Whether its parameter is the application: by its type, or by the name everybody gives it."""
    if not function.params or not function.is_generator:
        return False
    first = function.params[0]
    if isinstance(first, Param) and first.annotation is not None:
        return first.annotation.text.strip("\"'").rpartition(".")[2] in APPS
    return first.text.lstrip("_") in ("app", "application") or "lifespan" in function.name


def _handed_over(function: FunctionDef) -> Iterator[Node]:
    """Where its own file hands it to a call."""
    for name in function.file.query(Name):
        if name.id == function.name and name is not function.name_node:
            yield name


def _module_start(call: Call) -> str:
    """A module's own statements run in each worker that loads the application."""
    if any(isinstance(one, If) and "__main__" in one.test.text for one in call.ancestors):
        return ""
    makes_app = next(call.file.calls(*APPS), None)
    return "" if makes_app is None else "the module of the application, as it is imported"
