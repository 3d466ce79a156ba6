"""What stands before the lines whose beginnings are known: frames of tracebacks, heads of records, records of JSON."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from forge_doctor.dataclass import dataclass
from forge_doctor.regex import regex
from forge_doctor.streams.carriers.prefixes.prefix_shape import LONGEST_PREFIX, parts_of

FRAME = regex(rb'(?:> )?File "[^"\n]{1,1000}", line \d{1,9}')
# pytest's short style; only where a line has nothing but such a frame it says where the line begins.
TESTED = regex(rb'(?<![^\s|])[^\s:"|]{1,300}\.py:\d{1,9}: in [\w<>.]{1,200} ?$')
HEADER = b"Traceback (most recent call last)"
_FIRST_LEVEL = regex(
    rb"[^\n]{0,100}?(?<![\w.-])(?P<level>(?i:DEBUG|INFO|WARNING|WARN|ERROR|CRITICAL|FATAL))\]?[ \t]{1,8}"
)
LEAST_LEVELED, LEAST_QUOTED = 12, 3
# Blanks and such that can't be broken, which is what pages indent with.
_INDENT = regex(rb"(?:[ \t]|\xc2\xa0){0,200}$")
# What stands right before a line: behind its number, as grep prints it, in a comparison, between columns.
_JOINS = (b":", b"+", b"|")
_KNOWN_FRAME = regex(rb"(?: {0,2}| {2,60}\| {1,3})(?:> )?$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge:
    """What else is known of lines: `plain` gives a raw line without the prefixes that need no learning, `is_head` says
    whether a record of a program begins with a line, `is_layer` whether lines are something that is read as a whole.
    `learn_heads` gives what writes the heads of a stream that begins with such lines as they are known, None where they are."""

    plain: Callable[[bytes], bytes]
    is_head: Callable[[bytes], bool]
    is_layer: Callable[[bytes], bool] = lambda _: False
    learn_heads: Callable[[Sequence[bytes]], Callable[[Iterable[bytes]], Iterator[bytes]] | None] = lambda _: None
    zone_s: float = 0.0
    reference: float | None = None


def is_known(text: bytes) -> bool:
    """Whether a frame stands where Python, or an exception group's margin, puts it."""
    found = FRAME.search(text)
    return (
        found is not None
        and _KNOWN_FRAME.match(text[: found.start()] + (b"> " if found[0][:1] == b">" else b"")) is not None
    )


def before_frame(line: bytes) -> bytes | None:
    """What stands before a frame of a traceback."""
    found = FRAME.search(line)
    # A traceback that was folded into one line has a record of its own before it.
    if found is None or found.start() > LONGEST_PREFIX or HEADER in line[: found.start()]:
        return None
    return _INDENT.sub(b"", line[: found.start()])


def before_tested(frames: Sequence[re.Match[bytes]], knowledge: Knowledge) -> Iterable[bytes]:
    """What stands before pytest's frames, where most do not begin their line."""
    found = [
        one.string[: one.start()].rstrip(b" \t") for one in frames if TESTED.match(knowledge.plain(one.string)) is None
    ]
    return found[:200] if 2 * len(found) > len(frames) and all(map(len, found)) else ()


def before_quoted(lines: Sequence[bytes]) -> Iterable[bytes]:
    """The mark of a quotation, where all lines of a mail or a comment have it, with a blank behind it or without."""
    written = [line for line in lines if line.strip()]
    quoted = len(written) >= LEAST_QUOTED and all(line.startswith(b">") for line in written)
    return [b">"] if quoted else ()


def before_heads(lines: Sequence[bytes], knowledge: Knowledge) -> Iterable[bytes]:
    """What stands before the heads of records, where heads stand nowhere else."""
    if alike := _leveled_alike([line for line in lines[:400] if line.strip()], knowledge):
        return alike
    found, known, seen = [], 0, 0
    written = [line for line in lines[:400] if line.strip()]
    begun = [line for line in written if line[:1] not in (b" ", b"\t")]
    # What is indented where most lines are not goes on with a record.
    for line in begun if 2 * len(begun) > len(written) else written:
        seen += 1
        core = _before_json(line, knowledge)
        if core is None and knowledge.is_head(knowledge.plain(line)):
            known += 1
            continue
        core = _before_head(line, knowledge) if core is None else core
        if core is not None:
            found.append(core)
    return found if len(found) > 4 * known and 2 * len(found) >= seen and seen >= 3 else ()


def has_level_before(line: bytes, knowledge: Knowledge) -> bool:
    """Whether a level stands before the head of a record, which may have another one."""
    found = _FIRST_LEVEL.match(line)
    return found is not None and knowledge.is_head(line[found.end() :])


def _leveled_alike(lines: Sequence[bytes], knowledge: Knowledge) -> Sequence[bytes]:
    """What stands before the heads of records where all lines have one level in it: their stream's, as on Google's stderr."""
    found = [one for line in lines if (one := _FIRST_LEVEL.match(line))]
    # Above them may stand what the columns are called.
    headings = bool(lines) and _FIRST_LEVEL.match(lines[0]) is None
    if len(found) < max(LEAST_LEVELED, len(lines) - headings) or len({one["level"] for one in found}) > 1:
        return ()
    heads = sum(knowledge.is_head(one.string[one.end() :]) for one in found)
    return [one[0].rstrip(b" \t") for one in found] if 2 * heads > len(found) else ()


def _before_json(line: bytes, knowledge: Knowledge) -> bytes | None:
    """What stands before a JSON record that ends with its line, and is taken off by nobody."""
    at = line.find(b'{"')
    if not 0 < at <= LONGEST_PREFIX or line.rstrip()[-1:] != b"}" or knowledge.plain(line)[:1] == b"{":
        return None
    return line[:at].rstrip(b" \t") if knowledge.is_head(line[at:]) else None


def _before_head(line: bytes, knowledge: Knowledge) -> bytes | None:
    at = 0
    for part in parts_of(line[:LONGEST_PREFIX])[:14]:
        at += len(part.text)
        joined = part.text in _JOINS and b'"' not in line[:at]
        if (joined or part.kind == "blanks") and knowledge.is_head(line[at:]):
            return line[:at].rstrip(b" \t")
    return None
