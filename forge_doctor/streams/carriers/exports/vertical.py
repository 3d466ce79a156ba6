r"""Reads records that a client shows with a field a line: psql's `\x`, mysql's `\G`, sqlite3's line mode, PowerShell's Format-List.

A record begins with a line that says which one it is, or with the first of its fields again; a value may go on over the next lines.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from forge_doctor.regex import regex
from forge_doctor.streams.carriers.exports.json_exports.json_fields import LINES, TIMES, WORDS

LEAST_RECORDS, MOST_LEARNED, MOST_ABOVE = 2, 2_000, 5
# Python indents by less.
LEAST_HANGING = 8
# What stands above a record; below the last of them psql and mysql say how many there were.
_TITLE = regex(r"-\[ RECORD \d{1,9} \][-+]{0,400}$|\*{10,80} \d{1,9}\. row \*{10,80}$")
_FIELD = regex(r"( {0,40}[A-Za-z_@#][\w .@-]{0,60}?) {0,60}( \| ?| = |: )")
_COUNT = regex(r"(?:\(\d{1,9} rows?\)|\d{1,9} rows? in set[^\n]{0,60})$")
_LINES = frozenset(name.lower() for name in (*LINES, *WORDS))
_TIMES = frozenset(name.lower() for name in (*TIMES, "at", "created_at", "logged_at", "timecreated", "timegenerated"))


class Layout(NamedTuple):
    """The fields in their order, each as it is written before its sign, that sign, and where the values begin."""

    fields: tuple[str, ...]
    sign: str
    width: int

    def field(self, text: str) -> str:
        """The field that begins in a line; empty where none does."""
        before = text[: self.width]
        name = (
            before[: len(before.rstrip()) - len(self.sign.strip())].rstrip()
            if before.rstrip().endswith(self.sign.strip())
            else ""
        )
        return name if name in self.fields else ""

    def more(self, text: str) -> str:
        """What a line adds to the value above it: psql has a plus behind each of its lines but the last, PowerShell blanks before."""
        if "|" in self.sign and text[: self.width].strip() == "|":
            return text[self.width :]
        return text if text[: self.width].strip() or self.width <= LEAST_HANGING else text[self.width :]


def layout_of(lines: Sequence[bytes]) -> Layout | None:
    """How the lines are such records; None where they are none."""
    texts = [line.decode("utf-8", "replace").rstrip("\r") for line in lines[:MOST_LEARNED]]
    begin = next((number for number, text in enumerate(texts[:MOST_ABOVE]) if _FIELD.match(text)), len(texts))
    titled = begin > 0 and _TITLE.match(texts[begin - 1]) is not None
    fields: list[str] = []
    sign, width = "", 0
    for text in texts[begin:]:
        found = _FIELD.match(text)
        if found is None or found[1] in fields or (fields and (found.end(), found[2]) != (width, sign)):
            break
        fields.append(found[1])
        sign, width = found[2], found.end()
    names = {name.strip().lower() for name in fields}
    if not names & _LINES or not names & _TIMES:
        return None
    layout = Layout(tuple(fields), sign, width)
    begun = sum(layout.field(text) == fields[0] for text in texts)
    titles = sum(_TITLE.match(text) is not None for text in texts)
    separate = titles if titled else sum(not text for text in texts) + 1
    return layout if begun >= LEAST_RECORDS and separate >= LEAST_RECORDS else None


def entries_of(lines: Iterable[str], layout: Layout) -> Iterator[dict[str, Any]]:
    """The records, the values with all their lines."""
    record: dict[str, list[str]] = {}
    open_field = ""
    for raw in lines:
        text = raw.rstrip("\r\n")
        name = layout.field(text)
        is_next = name == layout.fields[0] or _TITLE.match(text) is not None or _COUNT.match(text) is not None
        if is_next and record:
            yield _entry(record, layout)
            record, open_field = {}, ""
        if name and name not in record:
            open_field = name
            record[name] = [text[layout.width :]]
        elif open_field:
            record[open_field].append(layout.more(text))
    if record:
        yield _entry(record, layout)


def _entry(record: dict[str, list[str]], layout: Layout) -> dict[str, Any]:
    entry: dict[str, Any] = {}
    for name, lines in record.items():
        if "|" in layout.sign:
            lines = [
                line.rstrip().removesuffix("+").rstrip() if number < len(lines) - 1 else line.rstrip()
                for number, line in enumerate(lines)
            ]
        key = name.strip()
        entry["timestamp" if key.lower() in _TIMES else key] = "\n".join(lines).rstrip("\n")
    return entry
