"""Where a project hands its functions to a framework: as dependencies, or to be run in the background.

Computed once per project from the bytes of its files, and only when a rule asks; which function is meant is
then told by data flow, by name alone only for methods of something unknown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from weakref import WeakKeyDictionary

from forge_doctor.lint.kinds import Kind
from forge_doctor.lint.modules import Modules
from forge_doctor.lint.nodes import Attribute, Call, FunctionDef, Name, Node
from forge_doctor.lint.project import Project

# What starts a function apart from the request: with the words for it.
STARTERS = {
    "add_task": "BackgroundTasks.add_task",
    "BackgroundTask": "BackgroundTask",
    "create_task": "create_task",
    "ensure_future": "ensure_future",
    "start_soon": "a task group",
    "run_coroutine_threadsafe": "run_coroutine_threadsafe",
    "add_job": "a scheduler's add_job",
    "cron": "arq's cron",
    "add_event_handler": "an event handler",
    "spawn": "spawn",
}
# Decorators of functions that run without a request.
JOB_DECORATORS = {
    "task": "a task queue",
    "shared_task": "celery",
    "periodic_task": "a task queue",
    "actor": "dramatiq",
    "scheduled_job": "APScheduler",
    "repeat_every": "repeat_every",
    "repeat_at": "repeat_at",
    "on_event": "an event hook",
    "on_startup": "a startup hook",
    "job": "a job queue",
    "cron": "a scheduler",
    "subscriber": "a message broker",
    "command": "",
}
DEPENDS = rb"Depends|Security|Provide|TaskiqDepends"
# One pattern for each word: a search for a literal costs a tenth of a search for alternatives.
MENTIONS = tuple(
    re.compile(rb"(" + word + rb")\(\s*(?:dependency\s*=\s*|func\s*=\s*)?([\w.]+)")
    for word in (*(name.encode() for name in STARTERS), *DEPENDS.split(b"|"))
)
ARQ = re.compile(rb"\b(?:functions|cron_jobs|on_startup|on_shutdown)\b\s*(?::[^=\n]+)?=\s*[\[(]([^\])]*)[\])]")


@dataclass(frozen=True, slots=True)
class Mention:
    """A name handed over: `by` is the callable it goes to, `offset` where the name ends."""

    by: str
    path: Path
    offset: int


@dataclass(slots=True)
class Handovers:
    """Every mention, by the last part of the name."""

    mentions: dict[str, list[Mention]] = field(default_factory=dict)

    def add(self, dotted: bytes, mention: Mention) -> None:
        """Note one."""
        self.mentions.setdefault(dotted.rpartition(b".")[2].decode("utf-8", "replace"), []).append(mention)


_of_project: WeakKeyDictionary[Project, Handovers] = WeakKeyDictionary()


def handovers(project: Project) -> Handovers:
    """What the project hands over."""
    found = _of_project.get(project)
    if found is None:
        found = _of_project[project] = Handovers()
        for path in sorted({*Modules(project.root).files(), *project.overlay}):
            with suppress(OSError):
                _scan(path, project.overlay.get(path) or path.read_bytes(), found)
    return found


def _scan(path: Path, data: bytes, found: Handovers) -> None:
    for pattern in MENTIONS:
        for match in pattern.finditer(data):
            found.add(match.group(2), Mention(by=match.group(1).decode(), path=path, offset=match.end(2) - 1))
    for match in ARQ.finditer(data) if b"WorkerSettings" in data else ():
        for name in re.finditer(rb"[\w.]+", match.group(1)):
            found.add(name.group(), Mention(by="WorkerSettings", path=path, offset=match.start(1) + name.end() - 1))


def background_starter(project: Project, function: FunctionDef) -> str:
    """What runs a function apart from any request (`BackgroundTasks.add_task in app/api.py:12`); else empty."""
    for decorator in function.decorators:
        func = decorator.func if isinstance(decorator, Call) else decorator
        name = func.attr if isinstance(func, Attribute) else func.text
        if JOB_DECORATORS.get(name):
            return f"{JOB_DECORATORS[name]} (@{func.text})"
    for mention, node in _mentions_of(project, function):
        if mention.by in STARTERS or mention.by == "WorkerSettings":
            words = STARTERS.get(mention.by, "a worker's settings")
            return f"{words} in {node.file.path}:{node.line}"
    return ""


def is_dependency(project: Project, function: FunctionDef) -> bool:
    """Whether a framework calls it as a dependency (`Depends(function)`)."""
    return any(mention.by.encode() in DEPENDS.split(b"|") for mention, _ in _mentions_of(project, function))


def _mentions_of(project: Project, function: FunctionDef) -> Iterator[tuple[Mention, Node]]:
    for mention in handovers(project).mentions.get(function.name, ()):
        file = project.open(mention.path)
        node = None if file is None else file.node_at(min(mention.offset, len(file.data)))
        if isinstance(node, Name) and isinstance(node.parent, Attribute) and node.parent.attr_node is node:
            node = node.parent
        if node is not None and node.text.rpartition(".")[2] == function.name and _is_meant(project, node, function):
            yield mention, node


def _is_meant(project: Project, node: Node, function: FunctionDef) -> bool:
    value = project.value_of(node)
    if value.kind is Kind.FUNCTION:
        return value.definition is function
    return value.kind is Kind.UNKNOWN and function.is_method and isinstance(node, Attribute)


def share_handovers(known: Project, other: Project) -> None:
    """Let another look at the same tree do without reading it again."""
    _of_project[other] = handovers(known)
