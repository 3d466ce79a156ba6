"""Takes the Docker API's multiplexed log stream apart and writes each message as a line in the CRI notation.

A message keeps its stream, its time and whether it was cut (`P`) or whole (`F`); nothing is decoded or dropped.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

HEADER_BYTES = 8
PIECE_BYTES = 16 << 10
LONGEST_MESSAGE = 16 << 20
LINE = re.compile(rb"[^\n]*\n?")
STREAMS = {0: b"stdin", 1: b"stdout", 2: b"stderr", 3: b"system"}


class Demultiplexer:
    """Frames arrive in pieces of any size; `feed` gives the (stream, message) pairs that are complete.

    Where a header makes no sense the rest of the stream is passed on as it is, under the stream `b""`.
    """

    def __init__(self) -> None:
        self._data = bytearray()
        self._raw = False

    def feed(self, piece: bytes) -> Iterator[tuple[bytes, bytes]]:
        """The messages completed by `piece`."""
        self._data += piece
        at, data = 0, self._data
        while not self._raw and len(data) - at >= HEADER_BYTES:
            if data[at] not in STREAMS or data[at + 1 : at + 4] != b"\0\0\0":
                self._raw = True
                break
            length = int.from_bytes(data[at + 4 : at + 8], "big")
            if length > LONGEST_MESSAGE:
                self._raw = True
                break
            if len(data) - at - HEADER_BYTES < length:
                break
            yield STREAMS[data[at]], bytes(data[at + HEADER_BYTES : at + HEADER_BYTES + length])
            at += HEADER_BYTES + length
        if self._raw and len(data) > at:
            yield b"", bytes(data[at:])
            at = len(data)
        del data[:at]

    def finish(self) -> Iterator[tuple[bytes, bytes]]:
        """What is left of a message that was cut off."""
        rest, self._data = bytes(self._data), bytearray()
        if len(rest) > HEADER_BYTES:
            yield STREAMS.get(rest[0], b""), rest[HEADER_BYTES:]


def cri_lines(stream: bytes, message: bytes) -> bytes:
    """`<time> stderr F text` for each line of a message that begins with its time.

    A line is cut where a piece is full: the last piece may come without its newline.
    """
    if not stream:
        return message
    moment, _, text = message.partition(b" ")
    lines = [text] if b"\n" not in text[:-1] else [part for part in LINE.findall(text) if part]
    return b"".join(_cri_line(moment, stream, line) for line in lines)


def _cri_line(moment: bytes, stream: bytes, line: bytes) -> bytes:
    if line.endswith(b"\n"):
        return b"%b %b F %b" % (moment, stream, line)
    return b"%b %b %b %b\n" % (moment, stream, b"P" if len(line) >= PIECE_BYTES else b"F", line)
