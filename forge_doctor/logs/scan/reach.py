"""How far a region of a log reaches from a line with a literal: back and on along the frames of a traceback.

All places are in the window that is searched; nothing here remembers anything.
"""

from __future__ import annotations

from forge_doctor.logs.scan.region import BEFORE_BYTES
from forge_doctor.regex import regex
from forge_doctor.streams.sources.long_lines import LONGEST_LINE

AFTER_BYTES = 2_000
# Entries of journald are a line each, and may have a kilobyte of fields: so many lines are always within reach.
AFTER_LONG_LINES = 16
# The farthest reach back, where a traceback's beginning has no literal (its head is lost), and on over long lines: past
# one of the longest, which may stand between two of its frames.
BACK_BYTES = 64 << 10
REACH_BYTES = LONGEST_LINE + BACK_BYTES
# A frame's line in every notation: plain, escaped in JSON, the box of a rich or loguru traceback, IPython's, Sentry's,
# pytest's, that of Python 3.13 and later on a terminal (`File ESC[35m"app.py"ESC[0m, line ESC[35m7ESC[0m`), and the first
# word of one that a column was too narrow for.
FRAME_MARKERS = (
    b'", line ',
    "\u2502".encode(),
    b".py in ",
    b"--> ",
    b": in ",
    b"\x1b[0m, line ",
    b"  File",
    b"File /",
    b"File ~",
    b"File \x1b",
    b"\nE   ",  # pytest's shortest style, in which a failure has no frame
)


# What pytest has between two frames: the exception and what it led to, a function's arguments, and its code up to the line
# that ran; IPython has code alone, stackprinter values and, below long ones, the frames once more.
_JOINED = rb"(?:[A-Za-z_][\w.]{0,100}(?:: [^\n]{0,1000})?\n\n)?(?:The above|During handling) [^\n]{0,80}"
_LISTED = regex(
    rb"(?:(?:[ \t\x1b][^\n]*|[A-Za-z_]\w{0,80} += [^\n]*|_(?: _){3,100} ?|E {3}[^\n]*|[^\s:]{1,500}:\d{1,9}: [^\n]{0,200}"
    rb"|-{4} \(full traceback above\) -{4}|"
    + _JOINED
    + rb")?\n){1,400}(?:>   |(?:\x1b\[[\d;]{0,12}m){0,4}(?:File |-{1,6}>))"
)


def extent(window: bytearray, last: int, hit: int, end: int) -> tuple[int, int, int]:
    """How a region whose last known line ends at `last` goes on along the frames before the next hit.

    The end of the last line that is known to belong to it, where what comes is too far away to belong to it, and
    where it ends if no more hits come.
    """
    while True:
        reach = last + AFTER_BYTES
        frame = _last_frame(window, last, min(hit, end, reach))
        if frame < 0 and reach <= end and (reach := _past_long_lines(window, last, end)) > last + AFTER_BYTES:
            frame = _last_frame(window, last, min(hit, end, reach))
        if frame < 0 and reach <= end and _is_of_trace(window, last):
            frame = listed.end() - 1 if (listed := _LISTED.match(window, last, end)) is not None else frame
        if frame < 0:
            return last, reach, max(last, window.rfind(b"\n", last, min(end, reach)) + 1)
        last = line_end(window, frame, end)


def beginning(window: bytearray, hit: int, emitted: int) -> int:
    """The start of the region that `hit` opens, not before `emitted`."""
    line = window.rfind(b"\n", 0, hit) + 1
    lowest = max(emitted, line - BACK_BYTES, 0)
    while True:
        start = max(lowest, line - BEFORE_BYTES)
        frame = _first_frame(window, start, line)
        if frame < 0 or start == lowest:
            break
        line = window.rfind(b"\n", lowest, frame) + 1 or lowest
    if start in (emitted, 0) or window[start - 1] == 10:
        return start
    return window.find(b"\n", start, hit) + 1


def line_end(window: bytearray, position: int, end: int) -> int:
    """The end of the line that `position` is in."""
    return window.find(b"\n", position, end) + 1 or end


def frames_in(data: bytes) -> list[int]:
    """The places of the frames that Python prints."""
    found, at = [], data.find(FRAME_MARKERS[0])
    while at >= 0:
        found.append(at)
        at = data.find(FRAME_MARKERS[0], at + 1)
    return found


def _past_long_lines(window: bytearray, last: int, end: int) -> int:
    """How far a region goes on from `last`, which has AFTER_BYTES before `end` after it."""
    reach = last + AFTER_BYTES
    for _ in range(AFTER_LONG_LINES - window.count(b"\n", last, reach)):
        reach = window.find(b"\n", reach, min(end, last + REACH_BYTES)) + 1
        if not reach:
            return last + REACH_BYTES
    return reach


def _is_of_trace(window: bytearray, last: int) -> bool:
    """Whether the line that ends at `last` is a frame, or a line that ran or an exception as pytest shows them: code is listed behind
    no other."""
    line = window[window.rfind(b"\n", 0, max(0, last - 1)) + 1 : last]
    return line.startswith((b"E ", b">  ")) or any(marker in line for marker in FRAME_MARKERS)


def _first_frame(window: bytearray, begin: int, end: int) -> int:
    return next((frame for marker in FRAME_MARKERS if (frame := window.find(marker, begin, end)) >= 0), -1)


def _last_frame(window: bytearray, begin: int, end: int) -> int:
    # A marker is looked for only where those before it are absent: it would still be within reach afterwards.
    return next((frame for marker in FRAME_MARKERS if (frame := window.rfind(marker, begin, end)) >= 0), -1)
