"""Reads records out of XML: exports of searches, event logs, what log4j's layout writes; declares no entity and follows none.

A record is the outermost element that comes again and again. What its elements hold is called by the attribute that names
them, else by their tags; attributes are fields too.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from forge_doctor.dataclass import dataclass, field
from forge_doctor.regex import regex
from forge_doctor.streams.carriers.exports.json_exports.json_fields import time_field, time_of

MOST_SAMPLE = 1 << 18
LONGEST_REFERENCE = 12
NAMING = ("name", "Name", "key", "k", "field")
# Of few records, or one, nothing comes again but what is inside.
RECORDS = frozenset({"event", "entry", "record", "result", "row", "logentry", "log"})
_BEGUN = regex(
    rb"[\s\xef\xbb\xbf]{0,100}(?:<\?xml[^<>]{0,200}\?>\s{0,100})?<(?!html|body|table|pre)[A-Za-z_][\w:.-]{0,100}[\s>]"
)
_DECLARED = regex(r"<\?xml[^<>]{0,200}\?>")
_CONTROL = dict.fromkeys([*range(9), 11, 12, *range(14, 32)])
_CONTROL_REFERENCE = regex(r"&#(?:0{0,6}(?:[0-8]|1[124-9]|2\d|3[01])|[xX]0{0,6}(?:[0-8bBcCeEfF]|1[0-9a-fA-F]));")

# Of expat's errors, by their numbers, those that tell that the text ends within something: the root is never ended.
NO_ELEMENTS, UNCLOSED_TOKEN, PARTIAL_CHAR, UNCLOSED_CDATA_SECTION = 3, 5, 6, 20
_CUT_OFF = (NO_ELEMENTS, UNCLOSED_TOKEN, PARTIAL_CHAR, UNCLOSED_CDATA_SECTION)

Path = tuple[str, ...]


@dataclass(slots=True)
class Element:
    """What was read of an element: texts and elements in their order."""

    tag: str
    attributes: Mapping[str, str]
    inside: list[str | Element] = field(default_factory=list)


def record_path(sample: bytes, zone_s: float) -> Path | None:
    """Where the records of a stream are; None where it is no XML, or has no records with times."""
    if _BEGUN.match(sample) is None or b"<!DOCTYPE" in sample[:4_096]:
        return None
    text = sample[:MOST_SAMPLE].decode("utf-8", "ignore")
    paths = _Paths()
    paths.feed(text)
    path = paths.record()
    if path is None:
        return None
    records = [entry for entry in entries_of([text], path) if isinstance(entry, dict)]
    # The last one may be cut.
    records = records[:-1] or records
    timed = sum(time_of(entry, zone_s) is not None for entry in records)
    return path if 2 * timed > len(records) or (records and time_field(records)) else None


def entries_of(texts: Iterable[str], path: Path) -> Iterator[dict[str, Any] | str]:
    """The records; from where it is no XML on, the text as it is."""
    records, rest = _Records(path), itertools.chain(((text, False) for text in texts), [("", True)])
    for text, last in rest:
        left = records.feed(text, last=last)
        yield from records.taken()
        if left is not None:
            yield left
            yield from (text for text, _ in rest)
            return
    yield from records.cut_off()


class _Parser:
    """An expat parser inside a root of its own, so that records without one are read too."""

    def __init__(self) -> None:
        from xml.parsers.expat import ExpatError, ParserCreate

        self._parser, self._refused = ParserCreate(), ExpatError
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self.begin
        self._parser.EndElementHandler = self.end
        self._parser.CharacterDataHandler = self.text
        self._parser.Parse("<_>", False)
        self._fed = len("<_>")
        self._kept = ""

    def feed(self, text: str, *, last: bool = False) -> str | None:
        """Read on; the rest of the text from the line on in which it is no XML, if there is one."""
        whole = _CONTROL_REFERENCE.sub("", _DECLARED.sub("", (self._kept + text).translate(_CONTROL)))
        # A reference that the piece cuts is read with the next one.
        end = -1 if last else whole.rfind("&", max(0, len(whole) - LONGEST_REFERENCE))
        whole, self._kept = (whole[:end], whole[end:]) if end >= 0 else (whole, "")
        data = whole.encode()
        try:
            # Of an element that came in two pieces expat reads nothing until much more comes, or is said not to.
            self._parser.Parse(data, last)
        except self._refused as error:
            if last and error.code in _CUT_OFF:
                return None
            before = data[: max(0, self._parser.ErrorByteIndex - self._fed)].rpartition(b"\n")[0]
            return data[len(before) :].decode() + self._kept
        self._fed += len(data)
        return None

    def begin(self, _tag: str, _attributes: dict[str, str]) -> None:
        """An element begins."""

    def end(self, _tag: str) -> None:
        """An element ends."""

    def text(self, _text: str) -> None:
        """Text in an element."""


class _Paths(_Parser):
    """Counts which elements come again in the one that holds them."""

    def __init__(self) -> None:
        self._open: list[tuple[str, Counter[str]]] = []
        self._several: Counter[Path] = Counter()
        self._seen: dict[Path, None] = {}
        super().__init__()

    def begin(self, tag: str, _attributes: dict[str, str]) -> None:
        """Count it."""
        if self._open:
            self._open[-1][1][tag] += 1
            path = (*(name for name, _ in self._open), tag)
            self._seen[path] = None
            self._several[path] = max(self._several[path], self._open[-1][1][tag])
        self._open.append((tag, Counter()))

    def end(self, _tag: str) -> None:
        """Leave it."""
        self._open.pop()

    def record(self) -> Path | None:
        """The outermost path whose elements come again, or that of an element that is called a record."""
        several = (path for path, count in self._several.items() if count > 1)
        found = min(several, key=lambda path: (len(path), -self._several[path]), default=None)
        if found is not None and _is_record(found):
            return found
        called = min(filter(_is_record, self._seen), key=len, default=None)
        return called if called is not None and (found is None or len(called) < len(found)) else found


class _Records(_Parser):
    """Takes the elements at a path as records."""

    def __init__(self, path: Path) -> None:
        self._path, self._at = path, list[str]()
        self._open: list[Element] = []
        self._taken: list[dict[str, Any]] = []
        super().__init__()

    def taken(self) -> list[dict[str, Any]]:
        """The records that ended since the last call."""
        taken, self._taken = self._taken, []
        return taken

    def cut_off(self) -> list[dict[str, Any]]:
        """What there is of a record that never ended."""
        return [_fields(self._open[0])] if self._open else []

    def begin(self, tag: str, attributes: dict[str, str]) -> None:
        """A record, what is in one, or on the way to one."""
        self._at.append(tag)
        if not self._open and tuple(self._at) != self._path:
            return
        element = Element(tag, attributes)
        if self._open:
            self._open[-1].inside.append(element)
        self._open.append(element)

    def end(self, _tag: str) -> None:
        """A record is complete when its own element ends."""
        self._at.pop()
        if self._open:
            element = self._open.pop()
            if not self._open:
                self._taken.append(_fields(element))

    def text(self, text: str) -> None:
        """Text of a record."""
        if not self._open:
            return
        inside = self._open[-1].inside
        # What came in two pieces is one text.
        before = inside.pop() if inside and isinstance(inside[-1], str) else ""
        inside.append(f"{before}{text}")


def _fields(record: Element) -> dict[str, Any]:
    """The fields of a record; one that comes several times has all its texts."""
    found: dict[str, Any] = {}
    for name, text in _told(record, ""):
        if name in found:
            found[name] = [*(found[name] if isinstance(found[name], list) else [found[name]]), text]
        else:
            found[name] = text
    return found


def _told(element: Element, named: str) -> Iterator[tuple[str, str]]:
    key = next((key for key in NAMING if key in element.attributes), "")
    naming = element.attributes.get(key, "")
    name = naming or named or _local(element.tag)
    yield from (
        (_local(one), value) for one, value in element.attributes.items() if one != key and not one.startswith("xml")
    )
    if _is_text(element):
        yield name, _text(element).strip("\r\n")
        return
    for one in element.inside:
        if isinstance(one, Element):
            yield from _told(one, naming or named)


def _is_text(element: Element) -> bool:
    """Whether an element holds text, of which some may be marked, rather than elements on lines of their own."""
    written = [one for one in element.inside if isinstance(one, str)]
    return len(written) == len(element.inside) or any(not one.isspace() or "\n" not in one for one in written)


def _is_record(path: Path) -> bool:
    return _local(path[-1]).lower() in RECORDS


def _text(element: Element) -> str:
    return "".join(one if isinstance(one, str) else _text(one) for one in element.inside)


def _local(name: str) -> str:
    """A name without the prefix of its namespace."""
    return name.rpartition(":")[2]
