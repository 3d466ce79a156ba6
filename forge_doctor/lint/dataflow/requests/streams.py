"""What a streaming response sends: the generator behind it, and whether that goes on for long; judges no session."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Call, For, FunctionDef, Name, Node, While
from forge_doctor.finding import Confidence
from forge_doctor.lint.dataflow.waits import Wait, is_run, wait_of

RESPONSES = ("StreamingResponse", "EventSourceResponse")


class Stream(NamedTuple):
    """`StreamingResponse(lines())`: the response, the call that makes the generator, and its function."""

    response: Call
    made: Call
    generator: FunctionDef


def streams_of(project: Project, endpoint: FunctionDef) -> Iterator[Stream]:
    """The streaming responses that a function makes."""
    if not endpoint.file.mentions(*(one.encode() for one in RESPONSES)):
        return
    for call in endpoint.find(Call, nested=False):
        if call.method in RESPONSES and (stream := stream_of(project, call)) is not None:
            yield stream


def stream_of(project: Project, response: Call) -> Stream | None:
    """What a response sends, where that is a generator of the project."""
    content = response.argument(0, "content")
    made = None if content is None else _made(project, content)
    generator = None if made is None else project.called(made)
    if made is None or generator is None or not generator.is_generator:
        return None
    return Stream(response, made, generator)


def _made(project: Project, content: Node) -> Call | None:
    """The call of the generator, through a name it was given or a function that wraps it."""
    if isinstance(content, Call):
        inner = content.args[0] if content.args and project.called(content) is None else None
        return inner if isinstance(inner, Call) else content
    found = project.scopes(content.file).lookup(content.text, content) if isinstance(content, Name) else None
    bindings = [] if found is None else list(found[1])
    value = getattr(bindings[-1].node, "value", None) if len(bindings) == 1 else None
    return value if isinstance(value, Call) else None


def goes_on(project: Project, generator: FunctionDef) -> Wait | None:
    """What a generator waits for between two lines; None for one that sends what it has and ends."""
    for call in generator.find(Call, nested=False):
        wait = wait_of(project, call)
        if wait is not None and wait.confidence > Confidence.LOW:
            return wait
    if any(loop.test.text in ("True", "1") for loop in generator.find(While, nested=False)):
        return Wait("a stream that has no end of its own", Confidence.MEDIUM)
    for loop in generator.find(For, nested=False):
        if loop.is_async and isinstance(loop.iter, Call) and is_run(loop.iter) and not _is_of_result(loop.iter):
            return Wait(f"`{loop.iter.func.text}()`", Confidence.MEDIUM)
    return None


def _is_of_result(call: Call) -> bool:
    """Whether it walks over the rows of a query."""
    return call.method in ("stream", "stream_scalars", "execute", "scalars", "partitions", "yield_per", "mappings")
