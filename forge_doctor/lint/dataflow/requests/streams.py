"""What a streaming response sends: the generator behind it, and whether that goes on for long; judges no session."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from forge_doctor.code.semantics.inference.kept_answers import kept_for_the_run
from forge_doctor.code.semantics.library.kinds import Kind
from forge_doctor.code.semantics.names.marks import Mark
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.semantics.project_outline import marked_functions
from forge_doctor.code.syntax.nodes import Call, Except, For, FunctionDef, If, Name, Node, Other, Return, While
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.finding import Confidence
from forge_doctor.lint.dataflow.connections.handles import Handles, given_to, handle_of, inside, with_made
from forge_doctor.lint.dataflow.waits import Wait, is_run, wait_of
from forge_doctor.regex import regex

MAX_DEPTH = 3
# What says that nobody listens any more.
GONE = regex(r"disconnect|cancel|closed|stop|shutdown", re.IGNORECASE)
LISTENED_TO = regex(r"not (?:await )?[\w.]*(?:disconnect|closed)\w*(?:\(\))?")
# The usual names of what another service sends bit by bit.
UPSTREAM = regex(r"stream|chunk|response|body|events|tokens|completion|upstream|deltas?\b")
RESPONSES = ("StreamingResponse", "EventSourceResponse")
# What is sent for as long as the client takes; what of it is large for sure.
FILE_RESPONSE = "FileResponse"
LARGE = regex(r"audio/|video/|application/(?:zip|gzip|x-tar|octet-stream)")


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


def file_sent(endpoint: FunctionDef) -> tuple[Call, Wait] | None:
    """The response of a function that sends a file, and how sure it is that this takes long: the client says how fast."""
    if not endpoint.file.mentions(FILE_RESPONSE.encode()):
        return None
    call = next((one for one in endpoint.find(Call, nested=False) if one.method == FILE_RESPONSE), None)
    if call is None:
        return None
    confidence = Confidence.MEDIUM if LARGE.search(call.text) is not None else Confidence.LOW
    return call, Wait("the client that downloads its file", confidence)


@kept_for_the_run
def response_makers(project: Project) -> frozenset[str]:
    """The names of functions with a streaming response behind their head."""
    return marked_functions(project, Mark.STREAMS)


def streams_by_helpers(file: SourceFile, project: Project) -> Iterator[Stream]:
    """`return as_csv(rows(session))`, where the function that is called streams what it is given."""
    for call in file.calls(*(response_makers(project) & file.names_called)):
        helper = project.called(call) if call.function is not None else None
        for response in () if helper is None else helper.find(Call, nested=False):
            content = response.argument(0, "content") if response.method in RESPONSES else None
            given = helper.argument(call, content.text) if helper is not None and isinstance(content, Name) else None
            made = None if given is None else _made(project, given)
            generator = None if made is None else project.called(made)
            if made is not None and generator is not None and generator.is_generator:
                yield Stream(call, made, generator)


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


def reached_in(project: Project, endpoint: FunctionDef, stream: Stream, handles: Handles) -> Handles:
    """How the generator reaches a session of the endpoint: as an argument, in its object, or from around it."""
    call, generator = stream.made, stream.generator
    handles = with_made(project, endpoint, handles, call.start)
    own = dict(given_to(generator, call, dict(handles)))
    receiver = None if call.receiver is None else handle_of(project, call.receiver, dict(handles))
    if receiver is not None:
        own |= dict(inside(generator, receiver))
    if generator.function is endpoint:  # a nested one sees what is around it
        scope = project.scopes(generator.file).opened_by(generator)
        own |= {name: handle for name, handle in handles if scope is None or not scope.bindings(name)}
    return tuple(sorted(own.items()))


def goes_on(project: Project, generator: FunctionDef, depth: int = 0) -> Wait | None:
    """What a generator waits for between two lines; None for one that sends what it has and ends."""
    for call in generator.find(Call, nested=False):
        wait = wait_of(project, call)
        if wait is not None and wait.confidence > Confidence.LOW:
            return wait
    if any(_is_endless(loop) for loop in generator.find(While, nested=False)):
        return Wait("a stream that has no end of its own", Confidence.MEDIUM)
    for loop in generator.find(For, nested=False):
        named = loop.iter if loop.is_async and isinstance(loop.iter, Name) else None
        is_rows = named is not None and project.known(named).kind not in (Kind.UNKNOWN, Kind.EXTERNAL)
        if named is not None and not is_rows and UPSTREAM.search(named.id) is not None:
            return Wait(f"`{named.id}`", Confidence.MEDIUM)
        walked = loop.iter if loop.is_async and isinstance(loop.iter, Call) and is_run(loop.iter) else None
        if not isinstance(walked, Call) or _is_of_result(project, walked):
            continue
        inner = project.called(walked)
        if inner is None:
            return Wait(f"`{walked.func.text}()`", Confidence.MEDIUM)
        found = goes_on(project, inner, depth + 1) if depth < MAX_DEPTH else None
        if found is not None:
            return found
    return None


def _is_endless(loop: While) -> bool:
    """Whether nothing in the loop leaves it but an error or a client that has gone."""
    if loop.test.text not in ("True", "1") and not LISTENED_TO.fullmatch(loop.test.text):
        return False
    leaving = [one for one in loop.find(Other, nested=False) if one.text == "break"]
    return all(_is_of_the_end(one, loop) for one in (*leaving, *loop.find(Return, nested=False)))


def _is_of_the_end(leaving: Node, loop: While) -> bool:
    for around in leaving.ancestors:
        if around is loop:
            return False
        if isinstance(around, Except) or (isinstance(around, If) and GONE.search(around.test.text)):
            return True
    return False


def _is_of_result(project: Project, call: Call) -> bool:
    """Whether it walks over the rows of a query: something of another library streams no rows."""
    if call.receiver is not None and project.known(call.receiver).kind is Kind.EXTERNAL:
        return False
    return call.method in ("stream", "stream_scalars", "execute", "scalars", "partitions", "yield_per", "mappings")
