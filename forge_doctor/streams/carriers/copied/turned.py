"""Notices a log that gives its newest records first, and turns it, in bounded memory."""

from __future__ import annotations

import itertools
import struct
from collections.abc import Iterable, Iterator, Sequence

from forge_doctor.streams.carriers.prefixes.prefix_evidence import FRAME, HEADER

KEPT_BYTES = 32 << 20
LEAST_FALL_S = 1.0
PIECE_BYTES = 1 << 20
_SIZE = struct.Struct("<I")


def falls(times: Sequence[float | None]) -> bool:
    """Whether the times of records fall rather than rise."""
    known = [at for at in times if at is not None]
    down = sum(after < before for before, after in itertools.pairwise(known))
    up = sum(after > before for before, after in itertools.pairwise(known))
    if down > 1 or up:
        return down > max(1, 4 * up)
    # One step back may be that of a clock, or of two threads that write at once.
    return down == 1 and known[0] - known[-1] >= LEAST_FALL_S


def stands_on_its_head(lines: Sequence[bytes]) -> bool:
    """Whether tracebacks end with their first lines: what is above such a line is a frame, and what is below it is none."""
    turned_round = 0
    for number, line in enumerate(lines):
        if HEADER not in line:
            continue
        if number + 1 < len(lines) and FRAME.search(lines[number + 1]):
            return False
        turned_round += number > 0 and FRAME.search(lines[number - 1]) is not None
    return turned_round > 0


def turned(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The chunks, last first; those that are many are kept in a file without a name."""
    import tempfile

    with tempfile.SpooledTemporaryFile(max_size=KEPT_BYTES) as kept:
        for chunk in chunks:
            kept.write(chunk)
            kept.write(_SIZE.pack(len(chunk)))
        end = kept.tell()
        while end > 0:
            begin = max(0, end - PIECE_BYTES)
            kept.seek(begin)
            data = kept.read(end - begin)
            at = len(data)
            while at >= _SIZE.size:
                size = _SIZE.unpack_from(data, at - _SIZE.size)[0]
                start = at - _SIZE.size - size
                if start < 0:
                    break
                yield data[start : start + size]
                at = start
            if at == len(data):
                # A chunk longer than a piece.
                size = _SIZE.unpack_from(data, at - _SIZE.size)[0]
                kept.seek(end - _SIZE.size - size)
                yield kept.read(size)
                at = end - begin - _SIZE.size - size
            end = begin + at
