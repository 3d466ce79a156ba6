"""A server's log without what happened in other databases: its lines are told apart where its prefix names the database.

What is the whole server's (slots that ran out, a crash) stays, whoever met it. Lines of a database that nobody can tell
stay as well and are counted.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from forge_doctor.dataclass import dataclass, field
from forge_doctor.streams.sources.files import LogStream

BLOCK_BYTES = 1 << 16
LONGEST_PREFIX = 400
LONGEST_LINE = 1 << 18
# PostgreSQL writes two blanks behind the severity, whatever log_line_prefix is.
_HEAD = re.compile(
    rb"\b(?:DEBUG[1-5]|LOG|INFO|NOTICE|WARNING|(?P<bad>ERROR|FATAL|PANIC)|DETAIL|HINT|QUERY|CONTEXT|STATEMENT|LOCATION):  "
)
_NAMED = re.compile(rb"\b(?:db|dbname|database|datname)=\"?([^\s,|)\]\"]+)")
_AT = re.compile(rb"[^\s@:,|()\[\]]@([^\s@:,|()\[\]/]+)")
_PID = re.compile(rb"\[(\d+)[\]-]")
_CSV = re.compile(rb"\d{4}-\d\d-\d\d [\d:.]{8,15} [^,\"]{1,40},(?:\"[^\"]*\"|[^,\"]*),(\"[^\"]*\"|[^,\"]*),\d+,")
_JSON = re.compile(rb"\"dbname\":\s?\"([^\"\\]*)\"")
_AUTHORIZED = re.compile(rb"connection authorized: user=\S+ database=(\S+)")
_BAD = re.compile(rb"\b(?:ERROR|FATAL|PANIC)\b")
_OF_ALL = re.compile(
    rb"PANIC|too many clients|connection slots are reserved|could not fork|out of memory|No space left|"
    rb"starting up|shutting down|recovery mode|crash of another server process"
)


@dataclass(slots=True)
class Lines:
    """Says of each line of a log whether it is kept; a line without a head belongs to the one before."""

    database: bytes
    left_out: int = 0
    unknown: int = 0
    _keeps: bool = True
    _of_pid: dict[bytes, bytes] = field(default_factory=dict)

    def keeps(self, line: bytes) -> bool:
        """Whether it may be of the database."""
        head = _head(line)
        if head is not None:
            is_bad, name, pid = head
            authorized = _AUTHORIZED.search(line)
            if authorized is not None and pid:
                self._of_pid[pid] = authorized[1]
            name = name or self._of_pid.get(pid, b"")
            self.unknown += is_bad and not name
            self._keeps = name in (b"", self.database) or bool(is_bad and _OF_ALL.search(line))
        self.left_out += not self._keeps
        return self._keeps


def _head(line: bytes) -> tuple[bool, bytes, bytes] | None:
    """(whether it is an error, the database, the pid) of a line that begins a record or a part of one."""
    if line.startswith(b"{"):
        named = _JSON.search(line)
        return bool(_BAD.search(line, 0, LONGEST_PREFIX)), named[1] if named else b"", b""
    record = _CSV.match(line)
    if record is not None:
        return bool(_BAD.search(line, record.end(), record.end() + LONGEST_PREFIX)), record[1].strip(b'"'), b""
    found = _HEAD.search(line, 0, LONGEST_PREFIX)
    if found is None or line.startswith(b"\t"):
        return None
    prefix = line[: found.start()]
    pid = _PID.search(prefix)
    return found["bad"] is not None, _named_in(prefix), pid[1] if pid else b""


def _named_in(prefix: bytes) -> bytes:
    """The database that a prefix names: `db=shop`, `anna@shop`; a host behind the `@` is none."""
    named = _NAMED.search(prefix)
    if named is not None:
        return named[1]
    names = [one for one in _AT.findall(prefix) if b"." not in one and one != b"localhost"]
    return names[-1] if names else b""


class OfDatabase:
    """A source without the lines of other databases; `opened` begins to read the log itself."""

    def __init__(self, name: str, way: str, database: str, opened: Callable[[], LogStream]) -> None:
        self.name = name
        self.lines = Lines(database.encode())
        self._way, self._opened = way, opened

    @property
    def way(self) -> str:
        """How it was read."""
        left = self.lines.left_out
        return (
            f"{self._way}; {left} {'line' if left == 1 else 'lines'} of other databases left out" if left else self._way
        )

    @property
    def size(self) -> int | None:
        """Nobody knows what is left of it."""
        return None

    def open(self) -> LogStream:
        """Raises `CannotInspect` as the log itself does."""
        return _Kept(self._opened(), self.lines)


class _Kept:
    """The lines that are kept, as a stream."""

    def __init__(self, stream: LogStream, lines: Lines) -> None:
        self._stream = stream
        self._chunks = self._kept(lines)
        self._left = b""

    def readinto(self, buffer: memoryview, /) -> int:
        """Fill the buffer."""
        while not self._left:
            chunk = next(self._chunks, None)
            if chunk is None:
                return 0
            self._left = chunk
        size = min(len(buffer), len(self._left))
        buffer[:size] = self._left[:size]
        self._left = self._left[size:]
        return size

    def _kept(self, lines: Lines) -> Iterator[bytes]:
        block, rest = memoryview(bytearray(BLOCK_BYTES)), b""
        while got := self._stream.readinto(block):
            whole, cut, rest = (rest + bytes(block[:got])).rpartition(b"\n")
            if not cut and len(rest) > LONGEST_LINE:
                whole, rest = rest, b""
            yield b"".join(line for line in (whole + cut).splitlines(keepends=True) if lines.keeps(line))
        if rest and lines.keeps(rest):
            yield rest

    def close(self) -> None:
        """Let go of it."""
        self._stream.close()
