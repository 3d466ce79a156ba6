"""What a file tells the rest of its project before anybody parses it: names it makes async, hands over, relates.

Told by the bytes alone, so that a whole project is surveyed for the price of reading it. All that rules know of files
they have not opened is here: a result stays right as long as these and the files it rests on stay the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from forge_doctor.code.semantics.names.marks import MAPPING, marks_in
from forge_doctor.code.semantics.names.mentions import Mention, mentions_in
from forge_doctor.code.syntax.prefilter import DATABASE_WORDS, STORE_WORDS
from forge_doctor.code.syntax.text.vocabulary import Vocabulary
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
STATES = tuple(
    regex(word + rb"(?<!\w" + word + rb")\.(\w+)[ \t]*(?::[^=\n]{1,80})?=[^=]") for word in (b"state", b"ctx")
)
TARGET = regex(rb"^[ \t]+(\w+)[ \t]*[:=]", re.MULTILINE)
BEFORE = 240  # a declaration in front of its call
CLASS = regex(rb"class[ \t]+(\w+)[ \t]*[(:]")
IMPORTED = regex(rb"from[ \t]+(\w+)\.\w")
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
    rb"\breturn\b(?:[\s(\\]|#[^\n]{0,400}+\n)*+(?!(?:None|True|False)\b)[^\W\d][\w\x80-\xff]*+[ \t\f)\\]*+(?:[#;\r\n]|\Z)"
)


class Surface(NamedTuple):
    """The names of functions whose call may give a coroutine (every `async def`, and what hands a session's coroutine
    on) and of those among them that may use a session, of relationships and of what is set on a `state` or `ctx`,
    whether a call may make a factory, what is handed over, which packages are imported from, the classes of a file
    with mapped ones, the `async def`s that may end a transaction, and those of them that may give an object away,
    whether a word of asyncio's sessions stands there, and what is asked of all files (`Mark`)."""

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
    marks: tuple[tuple[str, str], ...] = ()


NOTHING = Surface()


class LateSurface:
    """The same of a file's bytes, each kind of fact looked for when it is first asked for: to lint one file asks for
    few kinds of all files."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    @cached_property
    def _vocabulary(self) -> Vocabulary:
        """For what looks for many words: those are a sixth of the text."""
        return Vocabulary(self._data)

    @cached_property
    def async_names(self) -> tuple[str, ...]:
        """As in `Surface`, like the others."""
        return _texts([*ASYNC_DEF.findall(self._data), *self._passing])

    @cached_property
    def data_access_names(self) -> tuple[str, ...]:
        """Those that may use a session."""
        return _texts([*_data_access(self._data, self._vocabulary), *self._passing])

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
        return tuple(mentions_in(self._data, self._vocabulary))

    @cached_property
    def state_names(self) -> tuple[str, ...]:
        """What is set on a `state` or `ctx`."""
        return _texts(name for state in STATES for name in state.findall(self._data))

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
        return _texts(_with_words(self._data, self._vocabulary, ENDS, with_inner=True))

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
    def marks(self) -> tuple[tuple[str, str], ...]:
        """Each with what it tells."""
        return tuple(marks_in(self._data, self._vocabulary))

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


def _data_access(data: bytes, vocabulary: Vocabulary) -> Iterator[bytes]:
    """The names of `async def`s with a word of a session, or of what keeps one, before the next one begins."""
    yield from _with_words(data, vocabulary, (*DATABASE_WORDS, *STORE_WORDS, *SESSION_CALLS))


def _with_words(
    data: bytes, vocabulary: Vocabulary, told: tuple[bytes, ...], *, with_inner: bool = False
) -> Iterator[bytes]:
    """The names of `async def`s with one of the words before the next one begins, be it an inner one where that is
    asked for."""
    is_async = vocabulary.has_any((b"async",))
    words = [word for word in told if vocabulary.has_any((word,))] if is_async else []
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
