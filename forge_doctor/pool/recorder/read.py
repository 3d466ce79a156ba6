"""Reads a record as far as it is whole, and says where it is not; trusts nothing in it."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from forge_doctor.dataclass import dataclass, field
from forge_doctor.errors import CannotInspect
from forge_doctor.pool.recorder.look_document import look_snapshot
from forge_doctor.pool.recorder.merge_patch import patched
from forge_doctor.pool.recorder.segments import GZIP, NAME, segments
from forge_doctor.pool.recorder.statement_texts import StatementTexts
from forge_doctor.pool.recorder.write import EVERY_S, FORMAT
from forge_doctor.pool.snapshot import PoolSnapshot

CHUNK = 1 << 16
STEP = 32
LATEST = 250_000_000_000.0  # seconds since the epoch: the year 9892
# A segment is some hundred kilobytes, its text some tens of megabytes.
LONGEST_LINE = 64 << 20
MOST_TEXT = 1 << 30


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedLook:
    """One look, not yet decoded. `at` is seconds since the epoch, `up` seconds by a clock nobody sets, which begins
    anew with each `run`; `failed` says why there is none."""

    at: float
    up: float
    run: str
    origin: float
    where: str
    every_s: float = EVERY_S
    clock: float = 0.0
    document: Mapping[str, Any] = field(default_factory=dict, repr=False)
    failed: str = ""

    def snapshot(self) -> PoolSnapshot:
        """The look as the checks judge it; raises `CannotInspect` where it is damaged."""
        return look_snapshot(self.document, self.at - self.origin, self.clock, self.origin, self.where)


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What is there, in the order it was written. `notes` say what was read up to where, `damage` what could not be."""

    target: str
    looks: tuple[RecordedLook, ...]
    notes: tuple[str, ...] = ()
    damage: tuple[str, ...] = ()


class _Damaged(Exception):
    """The rest of a segment can't be read."""


@dataclass(slots=True)
class _Reading:
    """What has been read so far, segment after segment."""

    target: str = ""
    looks: list[RecordedLook] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    damage: list[str] = field(default_factory=list)


def read_record(path: Path) -> Record:
    """The record in a folder, or in one of its files; raises `CannotInspect` where there is none."""
    try:
        files = segments(path) if path.is_dir() else (path,)
        if not files:
            raise CannotInspect(f"--replay {path}: holds no record (pool-NNNNNN.jsonl.gz); write one with --record DIR")
        reading = _Reading()
        for file in files:
            _read_segment(file, reading)
    except OSError as error:
        raise CannotInspect(f"--replay {path}: cannot be read: {error.strerror}") from error
    if not reading.looks:
        why = reading.damage or reading.notes or ["it ends before its first look"]
        raise CannotInspect(f"--replay {path}: holds no look: {why[0]}")
    return Record(
        target=reading.target,
        looks=tuple(reading.looks),
        notes=tuple(reading.notes),
        damage=tuple(reading.damage),
    )


def _read_segment(path: Path, reading: _Reading) -> None:
    before = len(reading.looks)
    try:
        _read_lines(path, reading)
    except FileNotFoundError:
        if not NAME.fullmatch(path.name):
            raise
        reading.notes.append(f"{path.name} was deleted by its recorder meanwhile")
    except _Damaged as problem:
        read = len(reading.looks) - before
        reading.damage.append(f"{path.name} is read up to its look {read}: {problem}")


def _read_lines(path: Path, reading: _Reading) -> None:
    lines = _lines(path, reading.notes)
    first = next(lines, None)
    if first is None:
        return
    head = _object(first, "it is no record of this version")
    if head.get("format") != FORMAT:
        raise _Damaged(f"it is no record of this version (format {head.get('format')!r}, expected {FORMAT!r})")
    if reading.target and head.get("target") != reading.target:
        raise _Damaged(f"it is of another server, {head.get('target')}")
    reading.target = str(head.get("target", ""))
    if lost := head.get("lost"):
        reading.notes.append(f"{lost} looks before {path.name} were lost: {head.get('why_lost')}")
    state: dict[str, Any] = {}
    texts = StatementTexts()
    for number, line in enumerate(lines, start=2):
        entry = _object(line, f"line {number} is no JSON object")
        try:
            if "look" in entry:
                state = patched(state, texts.lengthened(entry["look"], entry.get("texts", [])))
            reading.looks.append(_look(head, entry, state, f"{path.name} line {number}"))
        except (KeyError, TypeError, ValueError, IndexError, AttributeError, ArithmeticError, RecursionError) as error:
            raise _Damaged(f"line {number} is no look: {type(error).__name__}") from error


def _look(head: Mapping[str, Any], entry: Mapping[str, Any], state: Mapping[str, Any], where: str) -> RecordedLook:
    origin = _seconds(head["origin"], least=0.0)
    return RecordedLook(
        at=_seconds(origin + _seconds(entry["at"]), least=0.0),
        up=_seconds(head["monotonic"]) + _seconds(entry["up"]),
        run=str(head["run"]),
        origin=origin,
        where=where,
        every_s=_seconds(entry["every_s"]),
        clock=_seconds(origin + _seconds(entry.get("clock", entry["at"])), least=0.0) - origin,
        document=state,
        failed=str(entry.get("failed", "")),
    )


def _seconds(value: Any, *, least: float = -LATEST) -> float:
    """A number that a moment can be made of: JSON as Python reads it also has NaN, and numbers of any size."""
    number = float(value)
    if not least <= number < LATEST:
        raise ValueError
    return number


def _object(line: bytes, otherwise: str) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise _Damaged(otherwise) from error
    if not isinstance(value, dict):
        raise _Damaged(otherwise)
    return value


def _lines(path: Path, notes: list[str]) -> Iterator[bytes]:
    """The whole lines of a gzip stream that may be cut anywhere."""
    stream = zlib.decompressobj(GZIP)
    rest, size = b"", 0
    with path.open("rb") as file:
        while not stream.eof and (packed := stream.unconsumed_tail or file.read(CHUNK)):
            earlier = stream.copy()
            try:
                text, broken = stream.decompress(packed, CHUNK * 16), False
            except zlib.error:
                text, broken = _up_to_damage(earlier, packed), True
            size += len(text)
            *whole, rest = (rest + text).split(b"\n")
            yield from whole
            if broken:
                raise _Damaged("the rest is no gzip stream")
            if len(rest) > LONGEST_LINE or size > MOST_TEXT:
                raise _Damaged("it is longer than any record")
    if rest:
        notes.append(f"{path.name} is cut short: its last line is not all there, and is left out")
    elif not stream.eof:
        notes.append(f"{path.name} was not closed: it is still written to, or its recorder was killed")


def _up_to_damage(stream: Any, packed: bytes) -> bytes:
    """What can still be unpacked, in small steps."""
    text = b""
    try:
        for start in range(0, len(packed), STEP):
            text += stream.decompress(packed[start : start + STEP])
    except zlib.error:
        pass
    return text
