"""Joins the pieces that a container's runtime breaks long lines into, so that each is read as its program wrote it.

Source: Docker's json-file driver (moby daemon/logger/copier.go: 16 KB, a piece has no line end in its `log`), CRI's format
(kubernetes pkg/kubelet/kuberuntime/logs: `P` for a piece, `F` for the last; 16 KB from containerd, 8 KB from conmon).
"""

from __future__ import annotations

from forge_doctor.dataclass import dataclass
from forge_doctor.regex import regex
from forge_doctor.streams.times.clock import STAMP

# No piece is shorter; what stands behind the text of Docker's records is.
LEAST_BYTES, LONGEST_TAIL = 8_000, 1_000
_STRIDE = LEAST_BYTES // 2
_DOCKER, _TAIL = b'{"log":"', b'","stream":"'
_CRI = regex(STAMP + rb" (stdout|stderr) ([PF]) ?")
_LONGEST_HEAD = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class _Piece:
    """A raw line: its text is between `begin` and `end`; `whole` where the program's line ends with it; `tag` is CRI's."""

    stream: bytes
    begin: int
    end: int
    whole: bool
    tag: int = -1


class Pieces:
    """Joins them in a window; `goes_on` where the last whole line is a piece of which the next one is still to come."""

    def __init__(self) -> None:
        self.goes_on = False

    def join(self, window: bytearray, start: int, filled: int) -> int:
        """Join those between `start`, where a line begins, and `filled`; where what is filled ends now."""
        if not self.goes_on and not _may_have(window, start):
            return filled
        begin = start if self.goes_on else _next_long(window, start, filled)
        cuts: list[tuple[int, int]] = []
        goes_on = False
        while begin >= 0 and not goes_on:
            after, goes_on = _run(window, begin, filled, cuts)
            begin = _next_long(window, after, filled)
        if cuts:
            _leave_out(window, start, filled, cuts)
        self.goes_on = goes_on
        return filled - sum(end - cut for cut, end in cuts)


def _may_have(window: bytearray, start: int) -> bool:
    return window.startswith(_DOCKER, start) or _CRI.match(window, start, start + _LONGEST_HEAD) is not None


def _next_long(window: bytearray, at: int, filled: int) -> int:
    """Where the next whole line begins that is long enough for a piece; -1 without one."""
    while at + _STRIDE < filled:
        newline = window.rfind(b"\n", at, at + _STRIDE)
        if newline < 0:
            newline = window.find(b"\n", at + _STRIDE, filled)
            if newline < 0 or newline - at >= LEAST_BYTES:
                return at if newline >= 0 else -1
        at = newline + 1
    return -1


def _run(window: bytearray, begin: int, filled: int, cuts: list[tuple[int, int]]) -> tuple[int, bool]:
    """Note what to leave out between the pieces from `begin` on; where the line behind them begins, and whether one is to come."""
    end = window.find(b"\n", begin, filled)
    first = last = _piece(window, begin, end)
    while last is not None and not last.whole:
        following = end + 1
        ended = window.find(b"\n", following, filled)
        if ended < 0:
            return following, True
        piece = _piece(window, following, ended)
        if piece is None or piece.stream != last.stream:
            return following, False
        cuts.append((last.end, piece.begin))
        last, end = piece, ended
        if first is not None and piece.whole and first.tag >= 0:
            window[first.tag : first.tag + 1] = b"F"
    return end + 1, False


def _piece(window: bytearray, begin: int, end: int) -> _Piece | None:
    """What a raw line has of a program's; None where it is another's."""
    if window.startswith(_DOCKER, begin):
        tail = window.rfind(_TAIL, max(begin, end - LONGEST_TAIL), end)
        if tail < 0:
            return None
        stream = tail + len(_TAIL)
        return _Piece(
            stream=bytes(window[stream : window.find(b'"', stream, end)]),
            begin=begin + len(_DOCKER),
            end=tail,
            whole=_ends_line(window, tail),
        )
    found = _CRI.match(window, begin, min(end, begin + _LONGEST_HEAD))
    if found is None:
        return None
    return _Piece(stream=found[9], begin=found.end(), end=end, whole=found[10] == b"F", tag=found.start(10))


def _ends_line(window: bytearray, tail: int) -> bool:
    """Whether what stands before is an escaped line end, and not an escaped backslash and an n."""
    slashes = 0
    while window[tail - 2 - slashes] == ord("\\"):
        slashes += 1
    return window[tail - 1] == ord("n") and slashes % 2 == 1


def _leave_out(window: bytearray, start: int, filled: int, cuts: list[tuple[int, int]]) -> None:
    kept, at = [], start
    for begin, end in cuts:
        kept.append(window[at:begin])
        at = end
    window[start:filled] = b"".join([*kept, window[at:filled]])
