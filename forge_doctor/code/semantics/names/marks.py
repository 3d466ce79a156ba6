"""Words that rules look for in every file of a project, and what they say of one: told by its bytes, before it is parsed.

Who asks about all files reads those alone that are marked: a kept result stays right as long as the marks of all files
and the files it rests on stay the same. What a rule asks only of files that it has opened is not here.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple
from zlib import crc32

from forge_doctor.code.semantics.names.takers import reads_on
from forge_doctor.code.syntax.text.vocabulary import Vocabulary
from forge_doctor.regex import regex


class Mark(StrEnum):
    """What words in a file say of it, or of its functions: those are named."""

    BEGINS = "functions with a begin()"
    ENTERS = "async functions that enter a session or connection"
    CATCHES = "async functions that catch the database's errors"
    FLUSHES = "async functions that flush or commit"
    ENDS_ITS_OWN = "async methods that commit or roll back what their object has"
    STARTS = "functions that start a task"
    WRAPS = "decorators that enter or begin something around an async function"
    LENDS = "functions that return a connection they have taken"
    STREAMS = "functions that make a streaming response"
    VALIDATES = "functions that make a pydantic object of another"
    ENGINES = "what makes engines, or factories of sessions, or sets an engine to AUTOCOMMIT"
    OPTION = "expire_on_commit"
    MIGRATES = "an environment of Alembic"
    OWN_READS = "what the methods of mapped classes read of themselves"
    PROXIES = "association proxies"
    UPDATES = "columns that an UPDATE fills"
    LEFT_OUT = "columns that a query may leave out"
    LOOPS = "what lets loops nest"
    CELERY = "what teaches Celery to run coroutines"
    SQLMODEL = "the session of SQLModel"
    INITS = "what is told of each object that is made"
    READS_ON = "functions that walk over what they are given, or read on from an attribute of it"
    RUNS = "functions that start an event loop, or Alembic"
    BLOCKS = "functions that stop the event loop they are called in"
    DATES = "attributes of mapped classes that may keep datetimes"
    ASYNCPG = "a URL for asyncpg"
    BEGINNINGS = "what an application runs before its first request"
    DOCUMENTS = "attributes of mapped classes that may keep JSON or an array"
    DIALECTS = "the servers whose own types are imported"


Told = Callable[[bytes, tuple[bytes, ...]], Iterable[str]]
BY_NAME = frozenset(
    {
        Mark.BEGINS,
        Mark.ENTERS,
        Mark.CATCHES,
        Mark.FLUSHES,
        Mark.ENDS_ITS_OWN,
        Mark.WRAPS,
        Mark.LENDS,
        Mark.STARTS,
        Mark.STREAMS,
        Mark.VALIDATES,
        Mark.READS_ON,
        Mark.RUNS,
        Mark.BLOCKS,
    }
)
MAPPING = (b"__tablename__", b"table=True", b"elationship(")
# What a base of mapped classes may turn them into other things with, where it maps nothing itself.
TURNING = (b"def to_dict", b"def as_dict", b"def to_json", b"def serialize")
DATE = regex(
    rb"^[ \t]+(\w+)[ \t]*(?::[^=\n]{1,80}?\bdatetime\b|(?::[^=\n]{1,80})?=[ \t]*(?:\w+\.)?(?:mapped_column|Column|Field)"
    rb"\(\s{0,40}[^\n]{0,80}?(?:DateTime|TIMESTAMP)\b)",
    re.MULTILINE,
)
DOCUMENT = regex(
    rb"^[ \t]+(\w+)[ \t]*(?::[^=\n]{1,120})?=[ \t]*(?:\w+\.)?(?:mapped_column|Column|Field)\((?:[^\n()]{0,80}\n){0,3}?"
    rb"[^\n]{0,80}?\b(?:JSONB?|ARRAY)\b",
    re.MULTILINE,
)
MAPPED = regex(rb"\b(?:Mapped|mapped_column|Column)\b")
NEXT = regex(rb"\n[ \t]+\w+[ \t]*:|\n\S")
DECLARED = 200  # further than a declaration goes on behind its type
DIALECT = regex(rb"\bsqlalchemy\.dialects(?:\.|\s+import\s+)(\w+)")
OWN_READ = regex(rb"\bself\.(\w+)")
REACH = 400  # further than any expression reaches that is asked of these files


class Asked(NamedTuple):
    """One of these words marks a file, if anything is told then."""

    words: tuple[bytes, ...]
    told: Told


def _there(_data: bytes, _words: tuple[bytes, ...]) -> Iterable[str]:
    """No more than that: who asks opens the file then, and rests on all of it."""
    return ("",)


def _text(data: bytes, words: tuple[bytes, ...]) -> Iterable[str]:
    """A checksum of what stands round the words."""
    places = (one.start() for word in words for one in re.finditer(re.escape(word), data))
    return (_sum(data[max(0, place - REACH) : place + REACH] for place in places),)


def _dialects(data: bytes, _words: tuple[bytes, ...]) -> Iterable[str]:
    return (one.decode("utf-8", "replace") for one in DIALECT.findall(data))


def _own_reads(data: bytes, _words: tuple[bytes, ...]) -> Iterable[str]:
    may_be_mapped = any(word in data for word in (*MAPPING, *TURNING))
    return (_sum(sorted(set(OWN_READ.findall(data)))),) if may_be_mapped else ()


def dates_without_zone(data: bytes) -> list[bytes]:
    """The names of attributes that may be columns of datetimes without a time zone: schemas have datetimes too, and most of
    them."""
    is_sqlmodel = b"SQLModel" in data
    found = []
    for one in DATE.finditer(data):
        behind = NEXT.search(data, one.end(), one.end() + DECLARED)
        end = one.end() + DECLARED if behind is None else behind.start()
        is_column = is_sqlmodel or MAPPED.search(data, one.start(), end) is not None
        if is_column and b"timezone=True" not in data[one.end() : end]:
            found.append(one[1])
    return found


def _decorators(data: bytes, _words: tuple[bytes, ...]) -> Iterable[str]:
    """The plain functions of a module that has a block of asyncio, and puts one function in the place of another."""
    found = PLAIN_DEFINED.findall(data) if b"async with" in data else ()
    return (one.decode("utf-8", "replace") for one in found)


def _columns(names_in: Callable[[bytes], list[bytes]]) -> Told:
    """A checksum of the names of columns of some kind, in a file with mapped classes."""

    def told(data: bytes, _words: tuple[bytes, ...]) -> Iterable[str]:
        is_mapped = any(word in data for word in MAPPING)
        names = names_in(data) if is_mapped else ()
        return (_sum(sorted(set(names))),) if names else ()

    return told


def _sum(pieces: Iterable[bytes]) -> str:
    found = 0
    for one in pieces:
        found = crc32(one, found)
    return f"{found:x}"


def _functions(head: re.Pattern[bytes], place: re.Pattern[bytes]) -> Told:
    """The names of functions behind whose head, the nearest one, a place stands; the heads' first group is the name. Each
    is looked for on its own: a search for either would begin at every byte."""

    def told(data: bytes, _words: tuple[bytes, ...]) -> Iterator[str]:
        places = [match.start() for match in place.finditer(data)]
        heads = list(head.finditer(data)) if places else []
        ends = [match.end() for match in heads]
        for start in places:
            behind = bisect_right(ends, start)
            is_head = behind < len(heads) and heads[behind].start() <= start
            if behind and not is_head:
                yield heads[behind - 1][1].decode("utf-8", "replace")

    return told


DEFINED = regex(rb"def(?<!\wdef)[ \t]+(\w+)")
PLAIN_DEFINED = regex(rb"^def[ \t]+(\w+)\(", re.MULTILINE)
DEFINED_ASYNC = regex(rb"async(?<!\wasync)[ \t]+def[ \t]+(\w+)")
BEGUN = regex(rb"\.begin\(\s*\)")
ENTERED = regex(
    rb"async[ \t]+with[ \t]+(?:\w+\.){0,4}\w*(?:[sS]ession|[mM]aker|[fF]actory|[sS]cope|begin|connect)\w*\("
)
STARTED = regex(rb"\b(?:create_task|ensure_future)\([ \t]*\w+[ \t]*[,)]")
LENT = regex(rb"return[ \t]+await[ \t]+(?:[\w.]+\.acquire|asyncpg\.connect)\(")
STREAMED = regex(rb"\b(?:Streaming|EventSource)Response\(")
VALIDATED = regex(rb"\.(?:model_validate|from_orm)\(")
ENDED = regex(rb"await\b[^\n]{0,80}?\bself\.\w[\w.]{0,80}\.(?:commit|rollback)\(")
FLUSHED = regex(rb"\.(?:flush|commit)\(\s*\)")
CAUGHT = regex(rb"except(?<!\wexcept)\b[^\n]{0,200}\b(?:IntegrityError|SQLAlchemyError|DBAPIError)\b")
RUN = regex(rb"\b(?:(?:asyncio|uvloop|anyio)\.run|run_until_complete|command\.(?:upgrade|downgrade|stamp))\(")
BLOCKED = regex(
    rb"\b(?:time\.sleep|urlopen|(?:requests|httpx)\.(?:get|post|put|patch|delete|head|options|request)"
    rb"|subprocess\.(?:run|call|check_call|check_output))\("
)
ASKED: Mapping[Mark, Asked] = MappingProxyType(
    {
        Mark.BEGINS: Asked((b".begin(",), _functions(DEFINED_ASYNC, BEGUN)),
        Mark.ENTERS: Asked((b"async with",), _functions(DEFINED_ASYNC, ENTERED)),
        Mark.CATCHES: Asked((b"IntegrityError", b"SQLAlchemyError", b"DBAPIError"), _functions(DEFINED_ASYNC, CAUGHT)),
        Mark.FLUSHES: Asked((b".flush(", b".commit("), _functions(DEFINED_ASYNC, FLUSHED)),
        Mark.ENDS_ITS_OWN: Asked((b".commit(", b".rollback("), _functions(DEFINED_ASYNC, ENDED)),
        Mark.WRAPS: Asked((b"wraps(",), _decorators),
        Mark.LENDS: Asked((b".acquire(", b"asyncpg.connect("), _functions(DEFINED_ASYNC, LENT)),
        Mark.STARTS: Asked((b"create_task(", b"ensure_future("), _functions(DEFINED, STARTED)),
        Mark.STREAMS: Asked((b"StreamingResponse", b"EventSourceResponse"), _functions(DEFINED, STREAMED)),
        Mark.VALIDATES: Asked((b"model_validate(", b"from_orm("), _functions(DEFINED, VALIDATED)),
        Mark.ENGINES: Asked(
            (
                *(b"create_engine", b"create_async_engine", b"engine_from_config"),
                *(b"scoped_session", b"sessionmaker", b"AUTOCOMMIT"),
            ),
            _text,
        ),
        Mark.READS_ON: Asked((b"def ",), reads_on),
        Mark.OPTION: Asked((b"expire_on_commit",), _text),
        Mark.MIGRATES: Asked((b"run_migrations",), lambda data, _: (_sum((data,)),)),
        Mark.OWN_READS: Asked((b"self.",), _own_reads),
        Mark.PROXIES: Asked((b"association_proxy",), _text),
        Mark.UPDATES: Asked((b"onupdate",), _there),
        Mark.LEFT_OUT: Asked((b"deferred", b"load_only(", b"defer("), _there),
        Mark.LOOPS: Asked((b"nest_asyncio",), _there),
        Mark.CELERY: Asked(
            (b"celery_aio_pool", b"celery-aio-pool", b"celery_pool_asyncio", b"aio_celery", b"task_cls"), _there
        ),
        Mark.SQLMODEL: Asked((b"sqlmodel.ext.asyncio",), _there),
        Mark.RUNS: Asked(
            (b"asyncio.run(", b"uvloop.run(", b"anyio.run(", b"run_until_complete(", b"command."),
            _functions(DEFINED, RUN),
        ),
        Mark.BLOCKS: Asked(
            (b"time.sleep(", b"urlopen(", b"requests.", b"httpx.", b"subprocess."), _functions(DEFINED, BLOCKED)
        ),
        Mark.BEGINNINGS: Asked(
            (b"lifespan", b"on_event(", b"on_startup", b"__main__"), lambda data, _: (_sum((data,)),)
        ),
        Mark.DATES: Asked((b"datetime", b"DateTime", b"TIMESTAMP"), _columns(dates_without_zone)),
        Mark.DOCUMENTS: Asked((b"JSON", b"ARRAY"), _columns(DOCUMENT.findall)),
        Mark.ASYNCPG: Asked((b"+asyncpg",), _there),
        Mark.DIALECTS: Asked((b"sqlalchemy.dialects",), _dialects),
        Mark.INITS: Asked((b'"init"', b"'init'"), _there),
    }
)


def marks_in(data: bytes, vocabulary: Vocabulary | None = None) -> Iterator[tuple[Mark, str]]:
    """Every mark of a file, with the name of a function, a checksum of what is asked there, or nothing more."""
    vocabulary = vocabulary or Vocabulary(data)
    for mark, asked in ASKED.items():
        if vocabulary.has_any(asked.words):
            for detail in sorted(set(asked.told(data, asked.words))):
                yield mark, detail
