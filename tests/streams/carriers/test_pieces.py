"""A line that a container's runtime broke into pieces is read as the line that the program wrote."""

from __future__ import annotations

import json

import pytest

from forge_doctor.logs.scan.scanner import Scanner
from forge_doctor.streams.carriers.pieces import Pieces
from tests.support.log_bytes import cri_pieces, docker_pieces
from tests.support.log_reading import WANTED

LINES = [
    "short",
    'with "quotes" and \\n in it ' * 2_000,
    "deadlock detected",
    "ends in backslash n \\n",
    "x" * 40_000,
    "é" * 9_000,
]


@pytest.mark.parametrize("size", [1_000, 16_384, 20_001, 1 << 20])
@pytest.mark.parametrize("carrier", [docker_pieces, cri_pieces])
def test_pieces_are_joined_however_the_stream_arrives(carrier, size: int) -> None:
    raw, window, pieces = carrier(LINES), bytearray(), Pieces()
    start = 0
    for at in range(0, len(raw), size):
        window += raw[at : at + size]
        filled = pieces.join(window, start, len(window))
        del window[filled:]
        ended = window.rfind(b"\n") + 1
        start = ended if not pieces.goes_on else max(start, window.rfind(b"\n", 0, ended - 1) + 1)
    told = [
        json.loads(line)["log"].rstrip("\n") if carrier is docker_pieces else line.partition(b" stdout F ")[2].decode()
        for line in bytes(window).splitlines()
    ]
    assert told == LINES


@pytest.mark.parametrize("carrier", [docker_pieces, cri_pieces])
def test_another_stream_s_line_between_pieces_is_kept(carrier) -> None:
    first, last = carrier(["y" * 20_000]).splitlines(keepends=True)
    other = carrier(["from stderr"]).replace(b"stdout", b"stderr")
    raw = bytearray(first + other + last)
    pieces = Pieces()
    assert (pieces.join(raw, 0, len(raw)), pieces.goes_on, bytes(raw)) == (len(raw), False, first + other + last)


def test_a_piece_at_the_end_of_a_log_is_not_lost() -> None:
    first = docker_pieces(["deadlock detected " + "y" * 20_000]).splitlines(keepends=True)[0]
    scanner = Scanner("app", WANTED)
    regions = [*scanner.feed(first), *scanner.finish()]
    assert b"".join(region.data for region in regions) == first
