"""What a file hands over to be called or injected, told by its bytes alone: by whom, under which name, and where."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from forge_doctor.code.syntax.text.vocabulary import Vocabulary
from forge_doctor.regex import regex

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
    "enqueue": "a queue's enqueue",
}
DEPENDS = ("Depends", "Security", "Provide", "TaskiqDepends")
WORKER_SETTINGS = "WorkerSettings"
# What stands for a callable in a mention: `session.remove()`, or `session.remove` handed over, and a call in a function
# that a task queue runs.
REMOVAL, JOB_CALL = "remove()", "@job"
# And a type of a parameter, in a file with routes: `user: CurrentUser`.
ROUTE_PARAMETER = "@route parameter"
ROUTE_WORDS = (b"@router.", b"APIRouter(", b"FastAPI(")
PARAMETER = regex(rb"\w[ \t]{0,4}:[ \t]{0,4}(?:\w{1,40}\.)?([A-Z]\w{1,80})[ \t]{0,4}[,)=\n]")
# Its word first and what stands before it then: a search for a literal costs a twentieth of one for any name.
REMOVED = regex(rb"remove(?:\(\s{0,8}\)|\s{0,8}[,)])")
RECEIVER = regex(rb"([^\W\d]\w{0,80})\s{0,8}\.\s{0,8}\Z")
LONGEST_RECEIVER = 98
JOB = regex(rb"^[ \t]*@[\w.]{0,100}(?:task|job|actor)\b", re.MULTILINE)
JOB_WORDS = (b"task", b"job", b"actor")
NEXT_DEFINITION = regex(rb"^(?:@|def\b|async\b|class\b)", re.MULTILINE)
CALLED = regex(rb"([^\W\d][\w.]{0,120})\(")
# A router that another one, or the application, takes in.
INCLUDE = "include_router"
MENTIONED = tuple(word.encode() for word in (*STARTERS, *DEPENDS, INCLUDE))
ARQ = regex(
    rb"\b(?:functions|cron_jobs|on_startup|on_shutdown)\b\s{0,40}(?::[^=\n]{1,80})?=\s{0,40}[\[(]([^\])]{0,4000}+)[\])]"
)


class Mention(NamedTuple):
    """A name handed over: `by` is the callable it goes to, `offset` (in bytes) where the name ends."""

    by: str
    name: str
    offset: int


def mentions_in(data: bytes, vocabulary: Vocabulary | None = None) -> Iterator[Mention]:
    """Every one, those of a kind together."""
    vocabulary = vocabulary or Vocabulary(data)
    for word in MENTIONED:
        for match in _handing(word).finditer(data) if vocabulary.has_any((word,)) else ():
            yield _mention(match.group(1).decode(), match.group(2), match.end(2) - 1)
    for match in ARQ.finditer(data) if vocabulary.has_any((WORKER_SETTINGS.encode(),)) else ():
        for name in re.finditer(rb"[\w.]+", match.group(1)):
            yield _mention(WORKER_SETTINGS, name.group(), match.start(1) + name.end() - 1)

    for match in REMOVED.finditer(data) if vocabulary.has_any((b".remove",)) else ():
        receiver = RECEIVER.search(data, max(0, match.start() - LONGEST_RECEIVER), match.start())
        if receiver is not None:
            yield _mention(REMOVAL, receiver.group(1), receiver.end(1) - 1)
    if vocabulary.has_any(ROUTE_WORDS):
        yield from {match.group(1): _mention(ROUTE_PARAMETER, match.group(1), match.end(1) - 1)
                    for match in PARAMETER.finditer(data)}.values()  # fmt: skip
    if vocabulary.has_any(JOB_WORDS) and b"@" in data:
        yield from _job_calls(data)


def _job_calls(data: bytes) -> Iterator[Mention]:
    """What is called in the functions that a task queue runs."""
    for match in JOB.finditer(data):
        head = data.find(b"def ", match.end())
        end = NEXT_DEFINITION.search(data, head + 1) if head >= 0 else None
        for call in CALLED.finditer(data, head, len(data) if end is None else end.start()) if head >= 0 else ():
            yield _mention(JOB_CALL, call.group(1), call.end(1) - 1)


@cache
def _handing(word: bytes) -> re.Pattern[bytes]:
    """One pattern for each word: a search for a literal costs a tenth of a search for alternatives."""
    return re.compile(rb"(" + word + rb")\(\s*(?:(?:dependency|func|router)\s*=\s*)?([\w.]+)")


def _mention(by: str, dotted: bytes, offset: int) -> Mention:
    return Mention(by, dotted.rpartition(b".")[2].decode("utf-8", "replace"), offset)
