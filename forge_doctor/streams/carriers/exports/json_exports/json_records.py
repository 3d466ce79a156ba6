"""Takes a program's lines out of JSON records; a record that a program wrote itself stays one, on a line of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from forge_doctor.dataclass import dataclass, field
from forge_doctor.regex import regex
from forge_doctor.streams.carriers.exports.exception_objects import raised_in
from forge_doctor.streams.carriers.exports.json_exports.encoded_text import opened
from forge_doctor.streams.carriers.exports.json_exports.json_fields import (
    CARRIED,
    LEVELS,
    LINES,
    SERVER_LEVELS,
    WORDS,
    at,
    compact,
    first,
    holder_of,
    message_field,
    server_line,
    stream_of,
    text_of,
    time_field,
    time_of,
)
from forge_doctor.streams.carriers.exports.json_exports.json_text import loads
from forge_doctor.streams.carriers.exports.json_exports.wrappings import EVENT, STACKS, is_unsaid, records_in
from forge_doctor.streams.carriers.told_line import told

HEADER = "Traceback (most recent call last)"
MOST_TEXTS, DEEPEST = 200, 3
# How what is read as a whole begins, other than tables and JSON, which are known by their lines.
LAYER_BEGINS = frozenset("<-[{'\"b")
LONGEST_PIECE, LONGEST_PREFIX, LEAST_LEVELED = 1_000, 300, 20
# The same inside of what another carrier put round it: blanks, separators, quotes, brackets.
_QUOTE = r'(?:\\{0,7}"|""|&(?:quot|#34);)'
_PREFIXED_PIECE = regex(
    rf"[ ,;\t\"'>](?:File {_QUOTE}[^\"\\&]{{1,300}}{_QUOTE}, line \d{{1,9}}, in [\w<>.]{{1,200}}"
    rf"|Traceback \(most recent call last\):)[\"'\])}}\\]{{0,8}}(?:</[^\n]{{0,80}})?$"
)
# What only a program's own record has.
_OF_PROGRAMS = frozenset({"exc_info", "exception", "exc_text", "stack_info", "traceback", "logger", "name", "record"})
# Where a record says what went wrong.
RAISED = ("exc_info", "exception", "error", "record")
# What only others call a program's line.
_SHIPPED = ("log", "textPayload", "_raw", "@message", "LogEntry")
_ANY = (*LINES, *WORDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A record's lines, when they were written and by which stream; `own` is a record the program wrote itself, `is_rest` what
    an export says of itself beside the records in it."""

    text: str
    at: float | None = None
    stream: str = ""
    own: bool = False
    is_rest: bool = False

    @property
    def line(self) -> bytes:
        """As told lines."""
        return told(self.text.encode("utf-8", "replace"), self.at, self.stream.encode("utf-8", "replace"))


@dataclass(slots=True, kw_only=True)
class JsonRecords:
    """How the records of one stream are read: `line_by_line` where each has one line of the program.

    `is_layer` tells of their texts, one below the other, whether they are something that is read as a whole.
    `encoded` says that what was learned has its texts in base64.
    `within` is the key of what else they say, where it is nothing at their top; `without` counts records in which no message
    was found; the first of them is kept.
    """

    is_head: Callable[[bytes], bool]
    zone_s: float = 0.0
    is_layer: Callable[[bytes], bool] = lambda _: False
    line_by_line: bool = False
    found_in: str = ""
    learned_in: str = ""
    encoded: bool = False
    within: str = ""
    timed_in: str = ""
    read: int = 0
    without: int = 0
    first_without: str = ""
    _streams: set[str] = field(default_factory=set)
    _timed: bool = False  # whether records that say something have times

    def learn(self, entries: Iterable[Mapping[str, Any]]) -> None:
        """See whether the records have a program's single lines, and where, if it is nowhere that is known."""
        nameless, timeless = [], []
        levels, texts, told_levels = list[str](), list[str](), set[str]()
        for entry in entries:
            for one in map(self._inner, records_in(entry)):
                if _is_shipped(one):
                    levels.append(str(first(one, LEVELS)[1]))
                if not self.timed_in and time_of(one, self.zone_s) is None:
                    timeless.append(one)
                text = text_of(first(one, _ANY)[1])  # a `line` may be a number
                if text is None and not isinstance(one.get("event"), str):
                    nameless.append(one)
                told_levels.add(str(first(one, LEVELS)[1]))
                self._learn_piece(text)
                texts += [text] if text and len(texts) < MOST_TEXTS else []
        # What gives its records levels is a program, whatever stands in its words.
        if not self.line_by_line and len(told_levels) == 1 and texts and texts[0][0] in LAYER_BEGINS:
            self.line_by_line = self.is_layer("\n".join(texts).encode("utf-8", "replace"))
        # A level that all lines have is their stream's: GKE calls everything on stderr an error.
        self.line_by_line |= len(levels) >= LEAST_LEVELED and len(set(levels)) == 1
        if timeless:
            self.timed_in = time_field(timeless)
        if nameless:
            self._learn_field(nameless)

    def _learn_field(self, nameless: Sequence[Mapping[str, Any]]) -> None:
        """See where records have their messages that have none under a name which is known."""
        if not self.within and (within := holder_of(nameless, _ANY)):
            self.within = within
            self.learn(nameless)
        elif not self.learned_in:
            self.learned_in = message_field(nameless, self._is_words)
            if not self.learned_in:
                self.learned_in = message_field(nameless, lambda text: self._is_words(opened(text) or ""))
                self.encoded = bool(self.learned_in)
            for one in nameless if self.learned_in else ():
                self._learn_piece(self._learned_text(at(one, self.learned_in)))

    def _learned_text(self, value: Any) -> str | None:
        text = text_of(value)
        inner = opened(text) if text is not None and self.encoded else None
        return text if inner is None else inner

    def _inner(self, entry: Mapping[str, Any]) -> Mapping[str, Any]:
        """A record with what it says at its top."""
        inner = at(entry, self.within) if self.within else None
        return {**entry, **inner} if isinstance(inner, Mapping) else entry

    def _learn_piece(self, text: str | None) -> None:
        inner = _bare_record(text) if text is not None and not self.line_by_line else None
        if inner is not None:
            text = text_of(first(inner, _ANY)[1])
        if text is not None and is_piece(text):
            self.line_by_line = True

    def _is_words(self, text: str) -> bool:
        """Whether a program wrote a text, by what stands in it."""
        return is_piece(text) or HEADER in text or self.is_head(text.split("\n", 1)[0].encode("utf-8", "replace"))

    def told(self, entry: Mapping[str, Any]) -> Iterator[Told]:
        """What a record, or the records in it, say."""
        for one in map(self._inner, records_in(entry)):
            if "stream" in one and isinstance(one.get("values"), list) and isinstance(one["stream"], Mapping):
                yield from self._loki(one)
            else:
                yield self._one(one)

    def _one(self, entry: Mapping[str, Any]) -> Told:
        self.read += 1
        path, value = first(entry, LINES)
        sure = bool(path)
        if not sure:
            path, value = first(entry, WORDS)
        if self.learned_in and text_of(value) is None and (learned := at(entry, self.learned_in)) is not None:
            path, sure, value = self.learned_in, True, self._learned_text(learned)
        text, when = text_of(value), time_of(entry, self.zone_s)
        if when is None and self.timed_in:
            when = time_of({"ts": at(entry, self.timed_in)}, self.zone_s)
        if text is None or ((not text or not STACKS.isdisjoint(entry)) and not self.line_by_line and raised_in(entry)):
            return self._own(entry, when)
        if path == "event_message":
            text = server_line(first(entry, SERVER_LEVELS)[1], text)
        self.found_in = self.found_in or path
        self._timed = self._timed or when is not None
        stream = stream_of(entry)
        if self._is_line(entry, text, sure=sure):
            inner = _bare_record(text)
            if inner is not None and not (told := self._one(inner)).own:
                self.read -= 1
                return Told(text=told.text, at=when if told.at is None else told.at, stream=stream or told.stream)
            return Told(text=text, at=when, stream=stream)
        return self._own(entry, when)

    def _is_line(self, entry: Mapping[str, Any], text: str, *, sure: bool) -> bool:
        """Whether a message is what the program wrote, rather than a part of it: beside a traceback it is one."""
        if HEADER not in text and _has_trace(entry):
            return False
        start = text.lstrip()[:1]
        if self.line_by_line or (start == "{" and _is_object(text)) or _ends_with_record(entry, text):
            return True
        leveled = first(entry, LEVELS)[1] is not None and not _is_output(entry)
        if self.is_head(text.split("\n", 1)[0].encode("utf-8", "replace")):
            return True
        if HEADER in text and "\n" in text and not leveled:
            return True
        return (sure or any(key in entry for key in CARRIED)) and not leveled

    def _own(self, entry: Mapping[str, Any], when: float | None) -> Told:
        """A record of the program itself, on one line; without a time where others have one it is none, but a page's number."""
        said = first(entry, (*LINES, *WORDS, "event", "short_message"))[1]
        if is_unsaid(entry, said) and (raised := raised_in(entry)):
            self._timed = self._timed or when is not None
            return Told(text=raised, at=when, stream=stream_of(entry))
        said = said is not None or any(map(entry.get, RAISED))
        if not said and (when is not None or not self._timed):
            self.without += 1
            self.first_without = self.first_without or compact(entry)[:300]
        return Told(text=compact(entry), at=when, own=True, is_rest=not said and when is None and bool(self.found_in))

    def _loki(self, entry: Mapping[str, Any]) -> Iterator[Told]:
        """Loki's answer: labels once, then pairs of nanoseconds and a line."""
        stream = stream_of(entry["stream"]) or compact(entry["stream"])
        for pair in entry["values"]:
            if isinstance(pair, Sequence) and len(pair) >= 2:
                self.read += 1
                yield Told(text=str(pair[1]), at=time_of({"ts": pair[0]}, self.zone_s), stream=stream)


def is_piece(text: str) -> bool:
    """Whether a message is one line out of a traceback."""
    line = text.rstrip("\r\n")
    if "\n" in line or len(line) > LONGEST_PIECE:
        return False
    return line.startswith(HEADER) or line.lstrip(" >").startswith('File "') or _PREFIXED_PIECE.search(line) is not None


def _bare_record(text: str) -> Mapping[str, Any] | None:
    """A record inside a record that has a message and nothing a program says of it: another carrier's."""
    entry = loads(text) if text.lstrip()[:1] == "{" else None
    if entry is None:
        return None
    bare = _is_shipped(entry) or (first(entry, LEVELS)[1] is None and text_of(first(entry, _ANY)[1]) is not None)
    return entry if bare and not _OF_PROGRAMS & entry.keys() else None


def _ends_with_record(entry: Mapping[str, Any], text: str) -> bool:
    """Whether a message is a record behind a prefix: another carrier's, or a program's in a record that has no level."""
    begin = text.find('{"') if text[-1:] == "}" else 0
    if not 0 < begin <= LONGEST_PREFIX:
        return False
    inner = loads(text[begin:])
    if inner is None or text_of(first(inner, EVENT)[1]) is None:
        return False
    return first(entry, LEVELS)[1] is None or _bare_record(text[begin:]) is not None


def _has_trace(entry: Mapping[str, Any], depth: int = DEEPEST) -> bool:
    """Whether a text somewhere in a record is a traceback: Datadog has it under `attributes.error.stack`."""
    return any(
        HEADER in one if isinstance(one, str) else isinstance(one, Mapping) and depth > 0 and _has_trace(one, depth - 1)
        for one in entry.values()
    )


def _is_shipped(entry: Mapping[str, Any]) -> bool:
    return any(isinstance(entry.get(key), str) for key in _SHIPPED)


def _is_output(entry: Mapping[str, Any]) -> bool:
    """Whether it is a line of what a process wrote to its terminal: its level, on Google's, is the stream's and not the line's."""
    return isinstance(entry.get("textPayload"), str) and str(entry.get("logName", "")).endswith(("stderr", "stdout"))


def _is_object(text: str) -> bool:
    return loads(text) is not None
