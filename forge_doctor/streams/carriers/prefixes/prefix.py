"""Learns what somebody put before every line of a program, by the lines whose beginnings are known, and takes it off.

A traceback's frame begins with two blanks and `File "`, a record with its own head: what stands before them is not the
program's. Its shape is taken from there, held against the neighbouring lines, and what is a time or a name in it is read.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from forge_doctor.dataclass import dataclass, field
from forge_doctor.regex import regex
from forge_doctor.streams.carriers.prefixes.prefix_evidence import (
    FRAME,
    TESTED,
    Knowledge,
    before_frame,
    before_heads,
    before_quoted,
    before_tested,
    is_known,
)
from forge_doctor.streams.carriers.prefixes.prefix_shape import Part, expression_of, is_told_apart, parts_of
from forge_doctor.streams.carriers.told_line import MARK
from forge_doctor.streams.times.clock import iso
from forge_doctor.streams.times.moments import moment

MOST_LINES = 3_000
MOST_SHAPES, FEW_HEADINGS = 12, 6
_CUT = regex(rb"\d{4}-\d\d-\d\dT[^ \n]{8,40} (?:stdout|stderr) P ")
# What in a traceback begins at the beginning of its line.
_OF_TRACE = regex(
    rb"Traceback \(most recent|The above exception was|During handling of the above"
    rb"|(?:[A-Za-z_]\w{0,80}\.){0,8}\w{0,80}(?:Error|Exception|Timeout)\b"
)
_LEVEL = regex(rb"\b(?:DEBUG|INFO|WARNING|WARN|ERROR|CRITICAL|FATAL|debug|info|warning|error|critical)\b")
_SECONDS = regex(rb"[ +]{0,12}\d{1,10}\.\d{1,9} ?(?:m?s)?")

_GROUP = b"Exception Group Traceback (most recent"
_GROUP_MARGIN = regex(rb"(?<=\S)[ \t]{4,60}\|$")


@dataclass(slots=True, kw_only=True)
class Prefix:
    """A prefix to take off: `example` is one as it was seen, `names` the groups that tell streams apart."""

    pattern: re.Pattern[bytes]
    example: bytes
    names: tuple[str, ...]
    timed: bool
    knowledge: Knowledge
    template: bytes | None = None
    _written: dict[bytes, bytes] = field(default_factory=dict)

    def strip(self, data: bytes) -> bytes:
        """The lines without it, as told lines."""
        if self.template is not None:
            return self.pattern.sub(self.template, data)
        return self.pattern.sub(self._told, data)

    def _told(self, found: re.Match[bytes]) -> bytes:
        key = found[0] if not self.timed else b"%b%b" % (found["t"], b"\n".join(map(found.group, self.names)))
        written = self._written.get(key)
        if written is None:
            if len(self._written) > 4_096:
                self._written.clear()
            stream = b" ".join(found[name] for name in self.names)
            written = self._written[key] = self._time(found) + MARK + stream + MARK
        return written

    def _time(self, found: re.Match[bytes]) -> bytes:
        if not self.timed:
            return b""
        at = iso(moment(found["t"], self.knowledge.zone_s, self.knowledge.reference))
        return b"" if at is None else at.encode() + b" "

    @property
    def said(self) -> str:
        """What was taken off, for the report."""
        return f"without the prefix {self.example.decode('utf-8', 'replace').strip()[:80]!r}"


def learn(lines: Sequence[bytes], knowledge: Knowledge) -> Prefix | None:
    """The prefix of these lines; None where they have none, or one that needs no learning."""
    framed = [line for line in lines[:MOST_LINES] if b'", line ' in line and FRAME.search(line)]
    if framed:
        unknown: Sequence[bytes] = [line for line in framed if not is_known(knowledge.plain(line))]
        if 2 * len(unknown) <= len(framed):
            unknown = _half_known(framed, lines, knowledge)
        grouped = any(_GROUP in line for line in lines[:MOST_LINES])
        before = [core for line in unknown[:200] if (core := before_frame(line)) is not None]
        cores = Counter(_GROUP_MARGIN.sub(b"", core) if grouped else core for core in before)
        if unknown and not cores:
            # All that there are stand in the midst of records, folded or quoted.
            cores = Counter(before_heads(lines[:MOST_LINES], knowledge))
    elif tested := [found for line in lines[:MOST_LINES] if b".py:" in line and (found := TESTED.search(line))]:
        cores = Counter(before_tested(tested, knowledge))
    else:
        cores = Counter(before_heads(lines[:MOST_LINES], knowledge))
    return _of_cores(cores or Counter(before_quoted(lines[:MOST_LINES])), lines, knowledge)


def _half_known(framed: Sequence[bytes], lines: Sequence[bytes], knowledge: Knowledge) -> Sequence[bytes]:
    """The frames whose prefix is taken off without learning, where it stays on many of the other lines."""
    plain = [(line, knowledge.plain(line)) for line in framed[:50]]
    # The margin of an exception's group is no part of a prefix.
    prefixed = [line for line, rest in plain if rest != line and rest.lstrip()[:1] != b"|" and before_frame(line)]
    # A learned prefix joins no lines that a container's runtime has cut.
    if not prefixed or any(_CUT.match(line) for line in lines[:MOST_LINES]):
        return ()
    matched = _matching(expression_of(parts_of(before_frame(prefixed[0]) or b"")), lines[:MOST_LINES])
    left_on = sum(len(knowledge.plain(line)) > len(line[end:].lstrip()) for line, end in matched if line[end:].strip())
    return prefixed if left_on else ()


def _of_cores(cores: Counter[bytes], lines: Sequence[bytes], knowledge: Knowledge) -> Prefix | None:
    shapes: dict[tuple[str, ...], list[bytes]] = {}
    for core, _ in cores.most_common(200):
        shapes.setdefault(tuple(_signature(part) for part in parts_of(core)), []).append(core)
    ranked = sorted(shapes.values(), key=lambda ones: -sum(cores[one] for one in ones))
    for ones in ranked[:MOST_SHAPES]:
        found = held_against(ones, lines, knowledge)
        if found is not None:
            return found
    return None


def _signature(part: Part) -> str:
    return part.kind if part.kind in ("time", "clock", "word", "number", "blanks") else f"{part.kind}{part.text[:1]!r}"


def held_against(cores: Sequence[bytes], lines: Sequence[bytes], knowledge: Knowledge) -> Prefix | None:
    """The prefix of that shape, if enough of the lines have it."""
    parts = parts_of(cores[0])
    told_lines = [line for line in lines[:MOST_LINES] if line.strip()]
    literal: frozenset[int] = frozenset()
    expression, apart = expression_of(parts), is_told_apart(parts)
    if not apart:
        expression = b"|".join(sorted({re.escape(core) for core in cores}, key=len, reverse=True)[:200])
    matched = _matching(expression, told_lines)
    if _heads_lost(matched, parts, knowledge):
        literal = frozenset(number for number, part in enumerate(parts) if _is_level(part))
        expression, apart = expression_of(parts, literal), True
        matched = _matching(expression, told_lines)
    elif len(matched) < 0.5 * len(told_lines) and parts:
        return None
    if parts and parts[-1].text == b">" and _heads_beside(matched, parts[:-1], told_lines, knowledge):
        return held_against([core.removesuffix(b">").rstrip(b" \t") for core in cores], lines, knowledge)
    blanks = _common(_indents([_blanks_after(line, end) for line, end in matched if line[end:].strip()], parts))
    if not matched or not (parts or blanks):
        return None
    names = _names(expression, matched) if apart else ()
    if not apart and parts:
        expression, names = b"(?P<n0>%b)" % expression, ("n0",) if len(cores) > 1 else ()
    ending = rb"(?:%b|[ \t]*$)" % re.escape(blanks) if blanks else b""
    return Prefix(
        pattern=re.compile(rb"^(?:%b)%b" % (expression, ending), re.MULTILINE),
        example=cores[0] + blanks,
        names=names,
        timed=b"(?P<t>" in expression,
        knowledge=knowledge,
        template=_template(expression, names),
    )


def _template(expression: bytes, names: Sequence[str]) -> bytes | None:
    """What to put in a prefix's place, where its time needs no reading."""
    if b"(?P<t>" in expression:
        return None
    stream = b" ".join(rb"\g<%b>" % name.encode() for name in names)
    if b"(?P<d>" in expression:
        return rb"\g<d>T\g<c>\g<z> " + MARK + stream + MARK
    return MARK + stream + MARK if names else b""


def _matching(expression: bytes, lines: Sequence[bytes]) -> list[tuple[bytes, int]]:
    pattern = re.compile(expression)
    return [(line, found.end()) for line in lines if (found := pattern.match(line))]


def _heads_lost(matched: Sequence[tuple[bytes, int]], parts: Sequence[Part], knowledge: Knowledge) -> bool:
    """Whether the prefix has the level that records would lose: each line of a traceback was logged by itself."""
    if not any(_is_level(part) for part in parts):
        return False
    margin = len(_common([_blanks_after(line, end) for line, end in matched if line[end:].strip()]))
    rests = [line[end + margin :] for line, end in matched]
    own = [rest for rest in rests if (rest[:1].isalnum() or rest[:1] == b"[") and not _OF_TRACE.match(rest)]
    return 5 * sum(knowledge.is_head(rest) for rest in own) < len(own)


def _heads_beside(
    quoted: Sequence[tuple[bytes, int]], before: Sequence[Part], lines: Sequence[bytes], knowledge: Knowledge
) -> bool:
    """Whether records begin on lines without the mark of a quotation: what has it is quoted in them."""
    marked = {line for line, _ in quoted}
    others = _matching(expression_of(before), [line for line in lines if line not in marked])
    return any(knowledge.is_head(knowledge.plain(line[end:].lstrip(b" \t"))) for line, end in others)


def _is_level(part: Part) -> bool:
    """Whether it is a level, by itself or before its process: `WARNING/ForkPoolWorker-3`."""
    return _LEVEL.fullmatch(part.text.strip(b"[]<>").partition(b"/")[0]) is not None


def _blanks_after(line: bytes, end: int) -> bytes:
    return line[end : len(line) - len(line[end:].lstrip(b" \t"))]


def _indents(indents: Sequence[bytes], parts: Sequence[Part]) -> Sequence[bytes]:
    """The indentation of lines; where it is all that stands before them, a heading or two may have none."""
    indented = [indent for indent in indents if indent]
    headings = len(indents) - len(indented)
    return indents if parts or headings > min(FEW_HEADINGS, len(indents) // 8) else indented


def _common(texts: Sequence[bytes]) -> bytes:
    """What they all begin with."""
    if not texts:
        return b""
    # What the first and the last in the order of bytes have in common, all between them have.
    first, last = min(texts), max(texts)
    return next((first[:at] for at in range(len(first), 0, -1) if last.startswith(first[:at])), b"")


def _names(expression: bytes, matched: Sequence[tuple[bytes, int]]) -> tuple[str, ...]:
    """The groups that are names: they come again and again, whereas what tells a single line is another in each."""
    pattern = re.compile(expression)
    founds = [found for line, _ in matched if (found := pattern.match(line))]
    several = []
    for name in pattern.groupindex:
        values = {found[name] for found in founds}
        if name[0] == "n" and len(values) > 1 and 3 * len(values) <= len(founds) and not _tells_no_stream(values):
            several.append(name)
    return tuple(several)


def _tells_no_stream(values: Iterable[bytes]) -> bool:
    """Whether all are levels, or all are seconds since something began."""
    plain = [value.strip(b"[]<>():") for value in values]
    return all(map(_LEVEL.fullmatch, plain)) or all(map(_SECONDS.fullmatch, plain))
