"""Streams whose records have to be read from the first on: JSON documents, CSV exports, logs with the newest first."""

from __future__ import annotations

import io
import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any

from forge_doctor.streams.carriers import klog
from forge_doctor.streams.carriers.bare_stream import Bare, Readable
from forge_doctor.streams.carriers.copied import markdown_table, printable, ruled_table
from forge_doctor.streams.carriers.copied.box import is_boxed, unboxed
from forge_doctor.streams.carriers.copied.fenced import blocks_of, is_fenced
from forge_doctor.streams.carriers.copied.headings import has_headings, without_headings
from forge_doctor.streams.carriers.copied.pasted_rows import has_pasted_rows, without_bars
from forge_doctor.streams.carriers.copied.ruled_table import MOST_ABOVE, ruled_in
from forge_doctor.streams.carriers.copied.saved_page import is_page, text_of_page
from forge_doctor.streams.carriers.copied.turned import falls, stands_on_its_head, turned
from forge_doctor.streams.carriers.copied.wrapped import unwrapped, wrap_of
from forge_doctor.streams.carriers.exports import (
    collector_text,
    journal_export,
    journal_verbose,
    literals,
    vertical,
    xml_records,
    yaml_records,
)
from forge_doctor.streams.carriers.exports.csv_records import layout_of, told_of
from forge_doctor.streams.carriers.exports.journal_export import is_export
from forge_doctor.streams.carriers.exports.journal_verbose import is_verbose
from forge_doctor.streams.carriers.exports.json_exports import embedded
from forge_doctor.streams.carriers.exports.json_exports.json_records import HEADER, JsonRecords, Told
from forge_doctor.streams.carriers.exports.json_exports.json_stream import document_entries, is_document
from forge_doctor.streams.carriers.exports.literals import is_dictionaries, is_literal
from forge_doctor.streams.carriers.exports.yaml_records import is_yaml
from forge_doctor.streams.carriers.prefixes import hanging
from forge_doctor.streams.carriers.whole_stream import Whole, at_place

MOST_LEARNED = 2_000
NEWEST_FIRST = "the newest came first: turned"


def whole_of(
    sample: bytes,
    stream: Readable,
    is_head: Callable[[bytes], bool],
    at: Callable[[bytes], float | None],
    zone_s: float,
) -> Whole | None:
    """The stream as told lines, where it is of a kind that is read as a whole; None where it is not."""

    def is_layer(inside: bytes) -> bool:
        return whole_of(inside, Bare(io.BytesIO(), zone_s), is_head, at, zone_s) is not None

    if printable.is_printable(sample):
        whole = Whole(stream, "quoted-printable text")
        return whole.begin(whole.placed_lines(printable.lines_of(whole.lines())))
    if b"\r" in sample and b"\n" not in sample and not isinstance(stream, Bare):
        whole = Whole(stream, "lines that carriage returns end")
        return whole.begin(piece.replace(b"\r", b"\n") for piece in whole.pieces())
    lines = sample.split(b"\n", MOST_LEARNED)[:MOST_LEARNED]
    # What another carrier has round it, no terminal broke.
    wrap = None if isinstance(stream, Bare) else wrap_of(lines, is_head)
    if wrap is not None:
        whole = Whole(stream, f"lines that a terminal broke at {wrap.width} columns")
        return whole.begin(unwrapped(whole.lines(), wrap))
    if is_fenced(lines, is_head, is_layer):
        whole = Whole(stream, "blocks of code in a text")
        return whole.begin(whole.placed_lines(blocks_of(whole.lines())))
    return (
        _of_entries(sample, stream, JsonRecords(is_head=is_head, zone_s=zone_s, is_layer=is_layer))
        or _of_texts(sample, stream, is_head, zone_s)
        or _of_lines(lines, stream, is_head, at, zone_s)
    )


def _of_entries(sample: bytes, stream: Readable, records: JsonRecords) -> Whole | None:
    """Records with names: JSON and what is as rich."""
    if is_document(sample):
        return _document(Whole(stream, "a JSON document"), records)
    if is_export(sample):
        whole = Whole(stream, "journald's export format")
        return _records_of(whole, journal_export.entries_of(whole.pieces()), records)
    if is_verbose(sample):
        whole = Whole(stream, "journald's fields")
        return _records_of(whole, journal_verbose.entries_of(whole.lines()), records)
    if is_yaml(sample):
        whole = Whole(stream, "YAML")
        return _records_of(whole, yaml_records.entries_of(whole.texts()), records)
    if (shown := vertical.layout_of(sample.split(b"\n", MOST_LEARNED)[:MOST_LEARNED])) is not None:
        whole = Whole(stream, "records with a field a line")
        return _records_of(whole, vertical.entries_of(_text_lines(whole.texts()), shown), records)
    if collector_text.is_collected(sample):
        whole = Whole(stream, "records as OpenTelemetry's collector prints them")
        return _records_of(whole, collector_text.entries_of(_text_lines(whole.texts())), records)
    path = xml_records.record_path(sample, records.zone_s)
    if path is not None:
        whole = Whole(stream, "XML")
        return _records_of(whole, xml_records.entries_of(whole.texts(), path), records)
    if is_dictionaries(sample):
        whole = Whole(stream, "Python's dictionaries")
        return _records_of(whole, literals.entries_of(whole.texts()), records)
    return None


def _of_texts(sample: bytes, stream: Readable, is_head: Callable[[bytes], bool], zone_s: float) -> Whole | None:
    """Lines inside a page, a literal, a CSV export."""
    if is_literal(sample, is_head):
        whole = Whole(stream, "lines out of Python's repr()")
        return whole.begin(whole.placed_lines(literals.lines_of(whole.texts())))
    if is_page(sample):
        whole = Whole(stream, "text out of a page")
        return whole.begin(whole.placed_lines(text_of_page(_text_lines(whole.texts()))))
    if (rows := _table_in(sample)) is not None:
        shown = sample.decode("utf-8", "replace").splitlines(keepends=True)[:MOST_LEARNED]
        if (layout := layout_of("".join(rows(shown)).encode())) is not None:
            whole = Whole(stream, f"a table, the program's lines in {layout.name}")
            return _of_records(whole, whole.placed(told_of(rows(_text_lines(whole.texts())), layout, zone_s)))
    layout = layout_of(sample)
    if layout is None:
        return None
    whole = Whole(stream, f"CSV, the program's lines in {layout.name}" if layout.name else "CSV")
    return _of_records(whole, whole.placed(told_of(_text_lines(whole.texts()), layout, zone_s)))


def _table_in(sample: bytes) -> Callable[[Iterable[str]], Iterator[str]] | None:
    """What gives the rows of a table that a person or a client set, as CSV; None where the stream is none."""
    if markdown_table.is_table(sample):
        return markdown_table.as_csv
    ruled = ruled_in(sample.split(b"\n", MOST_ABOVE + 1)[: MOST_ABOVE + 1])
    return None if ruled is None else partial(ruled_table.as_csv, ruled)


def _of_lines(
    lines: Sequence[bytes],
    stream: Readable,
    is_head: Callable[[bytes], bool],
    at: Callable[[bytes], float | None],
    zone_s: float,
) -> Whole | None:
    """Lines that stand otherwise than they were written."""
    if embedded.is_embedded(lines):
        whole = Whole(stream, "output in JSON behind a tool's words")
        return whole.begin(whole.placed_lines(embedded.lines_of(whole.lines())))
    if is_boxed(lines):
        whole = Whole(stream, "lines out of a box")
        return whole.begin(whole.placed_lines(unboxed(whole.lines(), is_head)))
    if has_pasted_rows(lines):
        whole = Whole(stream, "rows of a table that was pasted into a text")
        return whole.begin(whole.placed_lines(without_bars(whole.lines())))
    if hanging.is_hanging(lines, zone_s):
        whole = Whole(stream, "lines that hang below their record's prefix")
        return whole.begin(hanging.lines_of(whole.lines(), zone_s))
    if klog.is_klog(lines):
        whole = Whole(stream, "klog's lines")
        return whole.begin(whole.placed_lines(klog.lines_of(whole.lines())))
    if has_headings(lines):
        whole = Whole(stream, "lines below headings")
        return whole.begin(whole.placed_lines(without_headings(whole.lines(), zone_s, None)))
    times = [at(line) for line in [line for line in lines if line.strip()][:-1]]
    on_its_head = stands_on_its_head(lines)
    if on_its_head or falls(times):
        whole = Whole(stream, NEWEST_FIRST)
        whole.turns_lines = True
        all_timed = sum(one is None for one in times) <= len(times) // 20
        units = whole.lines() if all_timed or on_its_head else _units(whole.lines(), at)
        return whole.begin(turned(whole.placed_lines(units)))
    return None


def _document(whole: Whole, records: JsonRecords) -> Whole:
    return _records_of(whole, document_entries(whole.texts()), records)


def _records_of(whole: Whole, entries: Iterator[Any], records: JsonRecords) -> Whole:
    whole.records = records
    placed = ((entry, whole.place) for entry in entries)
    learned = list(itertools.islice(placed, MOST_LEARNED))
    records.learn(entry for entry, _ in learned if isinstance(entry, dict))
    every = itertools.chain(learned, placed)
    return _of_records(whole, (at_place(told, place) for entry, place in every for told in _told(entry, records)))


def _told(entry: Any, records: JsonRecords) -> Iterable[Told]:
    if isinstance(entry, str):
        return [Told(text=entry)]
    return (told for told in records.told(entry) if not told.is_rest)


def _of_records(whole: Whole, told: Iterator[Told]) -> Whole:
    first = list(itertools.islice(told, MOST_LEARNED))
    every = itertools.chain(first, told)
    if not falls([one.at for one in first]):
        return whole.begin(one.line for one in every)
    chunks = _moments(every) if _runs_forward(first) else (one.line for one in every)
    return whole.begin(turned(chunks), f"; {NEWEST_FIRST}")


def _runs_forward(told: Sequence[Told]) -> bool:
    """Whether lines of one moment stand as they were written, although the moments stand newest first."""
    both = [
        (one.text, other.text) for one, other in itertools.pairwise(told) if one.at is not None and one.at == other.at
    ]
    down = sum(HEADER in above and 'File "' in below for above, below in both)
    return down > sum('File "' in above and HEADER in below for above, below in both)


def _moments(told: Iterable[Told]) -> Iterator[bytes]:
    """The lines of each moment as one."""
    for _, ones in itertools.groupby(told, lambda one: one.at):
        yield b"".join(one.line for one in ones)


def _text_lines(texts: Iterable[str]) -> Iterator[str]:
    rest = ""
    for text in texts:
        lines = (rest + text).split("\n")
        rest = lines.pop()
        for line in lines:
            yield line + "\n"
    if rest:
        yield rest + "\n"


def _units(lines: Iterable[bytes], at: Callable[[bytes], float | None]) -> Iterator[bytes]:
    """Records: a line with a time, and those without one that follow it."""
    unit: list[bytes] = []
    for line in lines:
        if unit and at(line) is not None:
            yield b"".join(unit)
            unit = []
        unit.append(line)
    if unit:
        yield b"".join(unit)
