"""Takes a program's lines out of a CSV export, with a header or without, one line of the program a row or several."""

from __future__ import annotations

import csv
import itertools
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from forge_doctor.dataclass import dataclass
from forge_doctor.regex import regex
from forge_doctor.streams.carriers.exports.json_exports.json_fields import (
    LINES,
    SERVER_LEVELS,
    STREAMS,
    TIMES,
    WORDS,
    server_line,
)
from forge_doctor.streams.carriers.exports.json_exports.json_records import HEADER, Told
from forge_doctor.streams.carriers.exports.json_exports.json_text import loads
from forge_doctor.streams.carriers.exports.json_exports.wrappings import WRAPPERS
from forge_doctor.streams.times.moments import DATED, moment

_NAME = regex(r"[@#_A-Za-z][\w .@:/()\[\]-]{0,60}$")
_QUOTED = regex(rb'^"(?:[^"\n]|""){1,4000}"\r?$', re.MULTILINE)
_FRAME = regex(r'File "[^"\n]{1,1000}", line \d')
MOST_LEARNED = 2_000
_TIME = regex(DATED)
_SIGN = regex(r"\ufeff?\"?sep=[^\n]\"?\r?\n")
LONGEST_HEADER = 4_000
LONGEST_CELL = 64 << 20
SEPARATORS = ",;\t"
_MESSAGES = tuple(name.lower() for name in (*LINES, *WORDS, "log message", "event", "entry", "raw"))
_MOMENTS = tuple(name.lower() for name in TIMES)
_NAMES = tuple(name.lower() for paths in STREAMS for name in paths)
# What records are in before they are made a table: a column has it before its name.
_WRAPPERS = tuple(f"{name.lower()}." for name in ("_source", "attributes", *WRAPPERS))


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Which column is what; `header` says that the first row names them, `quoted` that a cell may stand in quotes.

    A number below zero counts from the end of a row."""

    separator: str
    message: int
    time: int | None = None
    streams: tuple[int, ...] = ()
    severity: int | None = None
    columns: int = 0
    header: bool = True
    quoted: bool = True
    name: str = ""


def layout_of(sample: bytes) -> Layout | None:
    """How the sample is a CSV export of a program's lines; None where it is none."""
    text = _without_sign(sample.decode("utf-8", "replace").lstrip("\ufeff"))
    first = text.split("\n", 1)[0].rstrip("\r")
    # A carriage return in its midst is no end of a CSV's line.
    if len(first) > LONGEST_HEADER or "\r" in first:
        return None
    for separator in SEPARATORS:
        names = next(csv.reader([first], delimiter=separator), [])
        found = _by_names([name.strip() for name in names], separator)
        if found is not None:
            return found
        found = _by_rows([name.strip() for name in names], separator, text)
        if found is not None:
            return found
    return _by_quotes(sample) or _by_place(text)


def _without_sign(text: str) -> str:
    """The text without the line in which Excel is told what separates the columns."""
    return text.partition("\n")[2] if _SIGN.match(text) else text


def _by_names(names: Sequence[str], separator: str) -> Layout | None:
    if not names or not all(_NAME.match(name) for name in names if name) or len(set(names)) < len(names):
        return None
    # Units and zones stand in brackets behind a name, a column's type behind an underscore.
    plain = [re.split(r"[(\[]", name.lower())[0].strip().removesuffix("_s").removesuffix("_t") for name in names]
    if not any(one in plain for one in _MESSAGES):
        plain = [name.partition(".")[2] if name.startswith(_WRAPPERS) else name for name in plain]
    if not any(one in plain for one in _MESSAGES):
        # What all of its names begin with, as `log_body` and `log_time` do; `log_line` is the number of one.
        begun = {name.partition("_")[0] for name in plain}
        plain = [name.partition("_")[2].replace("line", "") for name in plain] if len(begun) == 1 else plain
    message = next((plain.index(one) for one in _MESSAGES if one in plain), None)
    time = next((plain.index(one) for one in _MOMENTS if one in plain), None)
    if message is None or (time is None and len(names) > 1):
        return None
    streams = tuple(number for number, name in enumerate(plain) if name in _NAMES and number not in (message, time))
    return Layout(
        separator=separator,
        message=message,
        time=time,
        streams=streams,
        severity=plain.index(SERVER_LEVELS[0]) if SERVER_LEVELS[0] in plain else None,
        columns=len(names),
        name=names[message],
    )


def _by_rows(names: Sequence[str], separator: str, text: str) -> Layout | None:
    """Columns whose names tell nothing, by what stands in them: a time in each, and where a program's lines are."""
    if len(names) < 2 or len(set(names)) < len(names) or not all(_NAME.match(name) for name in names):
        return None
    lines = itertools.islice(text.split("\n")[1:], MOST_LEARNED)
    read = csv.reader((line + "\n" for line in lines), delimiter=separator)
    rows = [row for row in _whole_rows(read) if len(row) >= len(names)]
    if len(rows) < 2:
        return None
    if all(len(row) == len(names) + 1 for row in rows[:-1]):
        # Windows' Event Viewer names all columns but the one that has the messages.
        names = [*names, "Message"]
        rows = [row for row in rows if len(row) == len(names)]
    columns = range(len(names))
    times = [number for number in columns if all(_is_moment(row[number]) for row in rows[:50])]
    lines_in = Counter(number for row in rows for number in columns if number not in times and _is_line(row[number]))
    named = next((number for number, name in enumerate(names) if name.lower() in _MESSAGES), None)
    message = named if named is not None else max(columns, key=lambda number: lines_in[number])
    if not times or (named is None and not lines_in[message]):
        return None
    # Times to the millisecond tell an order that those to the second do not.
    time = max(times, key=lambda number: (len({row[number] for row in rows[:200]}), -number))
    streams = tuple(
        number for number, name in enumerate(names) if name.lower() in _NAMES and number not in (message, time)
    )
    return Layout(
        separator=separator, message=message, time=time, streams=streams, columns=len(names), name=names[message]
    )


def _whole_rows(rows: Iterator[list[str]]) -> Iterator[list[str]]:
    try:
        yield from rows
    except csv.Error:
        return


def _is_moment(text: str) -> bool:
    written = text.strip().encode("ascii", "replace")[:64]
    return (written.isdigit() and len(written) in (10, 13, 16, 19)) or _TIME.fullmatch(written) is not None


def _is_line(text: str) -> bool:
    is_record = text[:2] == '{"' and loads(text) is not None
    return is_record or "Traceback (most recent call last)" in text or _FRAME.search(text) is not None


def _by_quotes(sample: bytes) -> Layout | None:
    """A file of rows without a header, told by whole lines in quotes with quotes doubled in them."""
    lines = sample.count(b"\n") + 1
    quoted = [found for found in _QUOTED.findall(sample[: 1 << 18]) if b'""' in found]
    if len(quoted) < 3 or 10 * len(quoted) < min(lines, 200):
        return None
    return Layout(separator=",", message=-1, header=False)


def _by_place(text: str) -> Layout | None:
    """Columns between tabs that nobody names, of which the last has a time: so AWS's tool prints events as text."""
    every = [line.rstrip("\r").split("\t") for line in text.split("\n", MOST_LEARNED)[:-1] if line]
    # A token for the next page stands behind them.
    rows = [row for row in every if len(row) > 2]
    columns = min(map(len, rows), default=0)
    if len(rows) < max(3, len(every) - 2) or not all(_is_moment(row[-1]) for row in rows):
        return None
    lines_in = Counter(number for row in rows for number in range(columns - 1) if _is_line(row[number]))
    message = next((number for number, _ in lines_in.most_common(1)), None)
    if message is None:
        return None
    return Layout(separator="\t", message=message, time=-1, columns=columns, header=False, quoted=False)


def told_of(lines: Iterable[str], layout: Layout, zone_s: float = 0.0) -> Iterator[Told]:
    """What the rows say, in their order."""
    every = iter(lines)
    first = next(every, "")
    lines = every if _SIGN.match(first) else itertools.chain([first], every)
    rows = readable_rows(lines, layout.separator, quoted=layout.quoted, header=layout.header)
    return (_told(row, layout, zone_s) for row in rows)


def readable_rows(
    lines: Iterable[str], separator: str = ",", *, quoted: bool = True, header: bool = False
) -> Iterator[list[str]]:
    """The rows without their header; one that can't be read is passed over."""
    csv.field_size_limit(min(sys.maxsize, LONGEST_CELL))
    rows = csv.reader(lines, delimiter=separator, quoting=csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE)
    if header:
        next(rows, None)
    while True:
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error:
            continue
        yield row


def _told(row: Sequence[str], layout: Layout, zone_s: float) -> Told:
    if not row:
        return Told(text="")
    if not layout.header:
        return _without_names(row, layout, zone_s)
    text = row[layout.message] if layout.message < len(row) else layout.separator.join(row)
    # What follows an unquoted message that has the separator in it is its own.
    if layout.message == layout.columns - 1 and len(row) > layout.columns:
        text = layout.separator.join(row[layout.message :])
    elif HEADER not in text:
        # What was raised may have a column of its own.
        text = "\n".join(
            [text, *(cell for number, cell in enumerate(row) if number != layout.message and HEADER in cell)]
        )
    at = None
    if layout.time is not None and layout.time < len(row):
        at = moment(row[layout.time].strip().encode("ascii", "replace")[:64], zone_s)
    if layout.severity is not None and layout.severity < len(row):
        text = server_line(row[layout.severity], text)
    stream = " ".join(row[number] for number in layout.streams if number < len(row))
    return Told(text=text, at=at, stream=stream)


def _without_names(row: Sequence[str], layout: Layout, zone_s: float) -> Told:
    """Columns that nobody names: a first one that is a time, and the line of the program."""
    if layout.time is not None and len(row) >= layout.columns:
        end = len(row) - layout.columns + layout.message + 1
        at = moment(row[layout.time].strip().encode("ascii", "replace")[:64], zone_s)
        return Told(text=layout.separator.join(row[layout.message : end]), at=at)
    stamp = row[0].strip().encode("ascii", "replace")[:64]
    timed = len(row) > 1 and _TIME.fullmatch(stamp) is not None
    text = layout.separator.join(row[1:] if timed else row)
    return Told(text=text, at=moment(stamp, zone_s) if timed else None)
