"""What a file tells the rest of its project before anybody parses it: names it makes async, hands over, relates.

Told by the bytes alone, so that a whole project is surveyed for the price of reading it. All that rules know of files
they have not opened is here: a result stays right as long as these and the files it rests on stay the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache, cached_property
from pathlib import Path
from typing import NamedTuple

from forge_doctor.code.syntax.prefilter import DATABASE_WORDS, STORE_WORDS
from forge_doctor.regex import regex

# No `\b` in front: a search for a literal costs a tenth of one that begins with a condition.
ASYNC_DEF = regex(rb"async[ \t]+def[ \t]+(\w+)")
# In a plain function it hands a session's coroutine on.
PASSED = regex(
    rb"return[ \t]+[\w.]{0,100}(?:ession|db|conn|connection)\."
    rb"(?:commit|delete|exec|execute|flush|get|get_one|merge|refresh|rollback|scalars?|stream|stream_scalars|run_sync)\("
)
PLAIN_DEF = regex(rb"^[ \t]*def[ \t]+(\w+)", re.MULTILINE)
MAKERS = tuple(
    (word, regex(word + rb"(?<!\w" + word + rb")\s{0,40}(?:\[[\w\[\]., ]{0,200}\]\s{0,40})?\("))
    for word in (b"async_sessionmaker", b"sessionmaker", b"AsyncSession")
)
RELATIONSHIP = regex(rb"[rR]elationship[ \t]*\(")
STATE = regex(rb"\b(?:state|ctx)\.(\w+)[ \t]*(?::[^=\n]{1,80})?=[^=]")
TARGET = regex(rb"^[ \t]+(\w+)[ \t]*[:=]", re.MULTILINE)
BEFORE = 240  # a declaration in front of its call
CLASS = regex(rb"class[ \t]+(\w+)[ \t]*[(:]")
MAPPING = (b"__tablename__", b"table=True", b"elationship(")
IMPORTED = regex(rb"from[ \t]+(\w+)\.\w")
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
DEPENDS = ("Depends", "Security", "Provide", "TaskiqDepends")
WORKER_SETTINGS = "WorkerSettings"
# What stands for a callable in a mention: `session.remove()`, and a call in a function that a task queue runs.
REMOVAL, JOB_CALL = "remove()", "@job"
# And a type of a parameter, in a file with routes: `user: CurrentUser`.
ROUTE_PARAMETER = "@route parameter"
ROUTE_WORDS = (b"@router.", b"APIRouter(", b"FastAPI(")
PARAMETER = regex(rb"\w[ \t]{0,4}:[ \t]{0,4}(?:\w{1,40}\.)?([A-Z]\w{1,80})[ \t]{0,4}[,)=\n]")
REMOVED = regex(rb"([^\W\d]\w{0,80})\s{0,8}\.\s{0,8}remove\(\s{0,8}\)")
JOB = regex(rb"^[ \t]*@[\w.]{0,100}(?:task|job|actor)\b", re.MULTILINE)
JOB_WORDS = (b"task", b"job", b"actor")
NEXT_DEFINITION = regex(rb"^(?:@|def\b|async\b|class\b)", re.MULTILINE)
CALLED = regex(rb"([^\W\d][\w.]{0,120})\(")
# A router that another one, or the application, takes in.
INCLUDE = "include_router"
MENTIONED = tuple(word.encode() for word in (*STARTERS, *DEPENDS, INCLUDE))
# What is called on a session however that is called.
SESSION_CALLS = (b".execute", b".scalar", b".commit", b".flush", b".refresh")
ENDS = (b".commit(", b".flush(", b".begin(", b".rollback(")
WRITES = (b".commit(", b".flush(", b".begin(")
# What ends it for good or sends what is pending, awaited, and what begins a block.
SENDING = regex(rb"\.(?:commit|flush)\(")
# A statement begins with what the call stands behind, and no bracket is open: nothing awaits it.
UNAWAITED = regex(rb"[^(\[{,\\\s]\s*\n[ \t]*(?:\w+ = )?[\w.]+\Z")
BEGINNING = b".begin("
# Without one of these words no name of a project can stand for a session of asyncio, its factory or its engine.
ASYNC_SESSION = b"AsyncSession"
LIBRARIES = (b"sqlalchemy", b"sqlmodel", b"advanced_alchemy", b"litestar")
ASYNC_WORDS = (
    b"async_sessionmaker", b"async_scoped_session", b"create_async_engine", b"async_engine_from_config", b"AsyncEngine",
    b"async_object_session", b"SQLAlchemyAsyncConfig",
)  # fmt: skip
BEFORE_CALL = 200
# `return user`, in parentheses or not: what gives an object away.
RETURNED = regex(
    rb"\breturn\b(?:[\s(\\]|#[^\n]*\n)*+(?!(?:None|True|False)\b)[^\W\d][\w\x80-\xff]*+[ \t\f)\\]*+(?:[#;\r\n]|\Z)"
)
ARQ = regex(
    rb"\b(?:functions|cron_jobs|on_startup|on_shutdown)\b\s{0,40}(?::[^=\n]{1,80})?=\s{0,40}[\[(]([^\])]{0,4000}+)[\])]"
)


class Mention(NamedTuple):
    """A name handed over: `by` is the callable it goes to, `offset` (in bytes) where the name ends."""

    by: str
    name: str
    offset: int


class Surface(NamedTuple):
    """The names of functions whose call may give a coroutine (every `async def`, and what hands a session's coroutine
    on) and of those among them that may use a session, of relationships and of what is set on a `state` or `ctx`,
    whether a call may make a factory, what is handed over, which packages are imported from, the classes of a file
    with mapped ones, the `async def`s that may end a transaction, and those of them that may give an object away, and
    whether a word of asyncio's sessions stands there."""

    async_names: tuple[str, ...] = ()
    data_access_names: tuple[str, ...] = ()
    relationships: tuple[str, ...] = ()
    makes_factory: bool = False
    mentions: tuple[Mention, ...] = ()
    state_names: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    ending_names: tuple[str, ...] = ()
    giving_names: tuple[str, ...] = ()
    has_async_sessions: bool = False


NOTHING = Surface()


class LateSurface:
    """The same of a file's bytes, each kind of fact looked for when it is first asked for: to lint one file asks for
    few kinds of all files."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    @cached_property
    def async_names(self) -> tuple[str, ...]:
        """As in `Surface`, like the others."""
        return _texts([*ASYNC_DEF.findall(self._data), *self._passing])

    @cached_property
    def data_access_names(self) -> tuple[str, ...]:
        """Those that may use a session."""
        return _texts([*_data_access(self._data), *self._passing])

    @cached_property
    def relationships(self) -> tuple[str, ...]:
        """Their names."""
        return _texts(_relationships(self._data) if b"elationship" in self._data else ())

    @cached_property
    def makes_factory(self) -> bool:
        """Whether a call may make one."""
        return next(making_places(self._data), None) is not None

    @cached_property
    def mentions(self) -> tuple[Mention, ...]:
        """What is handed over."""
        return tuple(_mentions(self._data))

    @cached_property
    def state_names(self) -> tuple[str, ...]:
        """What is set on a `state` or `ctx`."""
        return _texts(STATE.findall(self._data)) if b"state." in self._data or b"ctx." in self._data else ()

    @cached_property
    def packages(self) -> tuple[str, ...]:
        """What stands before a dot in `from shop.orders import ...`."""
        return _texts(IMPORTED.findall(self._data))

    @cached_property
    def models(self) -> tuple[str, ...]:
        """The classes beside a table's name or a relationship."""
        return _texts(CLASS.findall(self._data) if any(word in self._data for word in MAPPING) else ())

    @cached_property
    def ending_names(self) -> tuple[str, ...]:
        """The `async def`s with a word of the end of a transaction."""
        return _texts(_with_words(self._data, ENDS, with_inner=True))

    @cached_property
    def giving_names(self) -> tuple[str, ...]:
        """Those of them that write and return what a name holds."""
        if not any(word in self._data for word in WRITES):
            return ()
        writing = frozenset(_telling(self._data, _may_write, with_inner=True))
        return _texts(writing.intersection(_telling(self._data, _returns_a_name, with_inner=True)) if writing else ())

    @cached_property
    def has_async_sessions(self) -> bool:
        """Whether it says a word of asyncio's sessions."""
        data = self._data
        return ASYNC_SESSION in data or (
            any(word in data for word in LIBRARIES) and any(word in data for word in ASYNC_WORDS)
        )

    @cached_property
    def _passing(self) -> tuple[bytes, ...]:
        asked = b"essionmaker" in self._data or b"AsyncSession" in self._data
        return tuple(_passing(self._data)) if asked else ()


def making_places(data: bytes) -> Iterator[int]:
    """Where something by the name of a factory's class is called; in no order."""
    for word, maker in MAKERS:
        if word in data:
            yield from (match.start() for match in maker.finditer(data))


Surfaces = Mapping[Path, Surface | LateSurface]


def surface_of(data: bytes) -> Surface:
    """What these bytes tell, all of it."""
    late = LateSurface(data)
    return Surface(**{name: getattr(late, name) for name in Surface._fields})


def _texts(names: Iterable[bytes]) -> tuple[str, ...]:
    return tuple(sorted({name.decode("utf-8", "replace") for name in names}))


def _passing(data: bytes) -> Iterator[bytes]:
    """The names of plain functions around a `return session.execute(...)`."""
    for match in PASSED.finditer(data):
        head = data.rfind(b"def ", 0, match.start())
        line = data.rfind(b"\n", 0, max(head, 0)) + 1
        yield from PLAIN_DEF.findall(data, line, match.start())[-1:]


def _data_access(data: bytes) -> Iterator[bytes]:
    """The names of `async def`s with a word of a session, or of what keeps one, before the next one begins."""
    yield from _with_words(data, (*DATABASE_WORDS, *STORE_WORDS, *SESSION_CALLS))


def _with_words(data: bytes, told: tuple[bytes, ...], *, with_inner: bool = False) -> Iterator[bytes]:
    """The names of `async def`s with one of the words before the next one begins, be it an inner one where that is
    asked for."""
    words = [word for word in told if word in data]
    return (
        _telling(data, lambda body: any(word in body for word in words), with_inner=with_inner) if words else iter(())
    )


def _may_write(body: bytes) -> bool:
    """Whether something is sent to the database there and awaited, or a block begun."""
    if BEGINNING in body:
        return True
    return any(
        UNAWAITED.search(body, max(0, match.start() - BEFORE_CALL), match.start()) is None
        for match in SENDING.finditer(body)
    )


def _returns_a_name(body: bytes) -> bool:
    return RETURNED.search(body) is not None


def _telling(data: bytes, tells: Callable[[bytes], bool], *, with_inner: bool) -> Iterator[bytes]:
    """The names of `async def`s whose text says so up to where the next one begins."""
    end = len(data)
    inner: list[int] = []  # how far those are indented that say so, from the outside in
    for match in reversed(list(ASYNC_DEF.finditer(data))):
        body, end = data[match.end() : end], match.start()
        indented = end - data.rfind(b"\n", 0, end) if with_inner else 0
        says_so = tells(body)
        while inner and inner[-1] > indented:
            says_so = inner.pop() > 0
        if says_so:
            inner.append(indented)
            yield match.group(1)


def _relationships(data: bytes) -> Iterator[bytes]:
    """The names in front of `= relationship(`."""
    for match in RELATIONSHIP.finditer(data):
        line = data.rfind(b"\n", 0, max(0, match.start() - BEFORE)) + 1
        yield from TARGET.findall(data, line, match.start())[-1:]


def _mentions(data: bytes) -> Iterator[Mention]:
    for word in MENTIONED:
        for match in _handing(word).finditer(data) if word in data else ():
            yield _mention(match.group(1).decode(), match.group(2), match.end(2) - 1)
    for match in ARQ.finditer(data) if WORKER_SETTINGS.encode() in data else ():
        for name in re.finditer(rb"[\w.]+", match.group(1)):
            yield _mention(WORKER_SETTINGS, name.group(), match.start(1) + name.end() - 1)

    for match in REMOVED.finditer(data) if b".remove(" in data else ():
        yield _mention(REMOVAL, match.group(1), match.end(1) - 1)
    if any(word in data for word in ROUTE_WORDS):
        yield from {match.group(1): _mention(ROUTE_PARAMETER, match.group(1), match.end(1) - 1)
                    for match in PARAMETER.finditer(data)}.values()  # fmt: skip
    if b"@" in data and any(word in data for word in JOB_WORDS):
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
