"""What systems write that is no plain text, and the fields of journald as a person sees them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator

from tests.support.log_carriers import Lines, stamp

CURSOR = "s=0a1b2c3d4e5f60718293a4b5c6d7e8f9;i={:x};b=1c2d3e4f5a6b7c8d9e0f1a2b3c4d5e6f;m=1;t=2;x=3"
Encode = Callable[[Lines], bytes]


def grouped(lines: Lines) -> Iterator[tuple[float, str]]:
    """Tracebacks as one message of several lines, as a handler for the journal sends them."""
    text, begun = "", 0.0
    for at, line in lines:
        follows = line.startswith((" ", "Traceback (most recent call last)")) and text
        if text and not follows:
            yield begun, text
        text, begun = (f"{text}\n{line}", begun) if follows else (line, at)
    yield begun, text


def field(name: str, value: bytes, *, as_bytes: bool) -> bytes:
    """A field of the export format, as text or with its length before it."""
    if not as_bytes:
        return name.encode() + b"=" + value + b"\n"
    return name.encode() + b"\n" + len(value).to_bytes(8, "little") + value + b"\n"


def exported(lines: Lines) -> bytes:
    """What `journalctl -o export` writes: messages of several lines, and every third one, as bytes of any length."""
    return b"".join(
        field("__CURSOR", CURSOR.format(number).encode(), as_bytes=False)
        + field("__REALTIME_TIMESTAMP", str(int(at * 1e6)).encode(), as_bytes=False)
        + field("_SYSTEMD_UNIT", b"shop.service", as_bytes=False)
        + field("MESSAGE", text.encode(), as_bytes="\n" in text or not number % 3)
        + field("COREDUMP_PROC_MAPS", bytes(range(256)), as_bytes=True)
        + b"_PID=7\n\n"
        for number, (at, text) in enumerate(grouped(lines))
    )


def verbose(lines: Lines) -> bytes:
    """What `journalctl -o verbose` shows."""
    out = ["-- Journal begins at Sun 2026-11-01 08:00:00 UTC, ends at Sun 2026-11-29 08:00:00 UTC. --"]
    for number, (at, text) in enumerate(grouped(lines)):
        out += [stamp(at, f"%a %Y-%m-%d %H:%M:%S.%f UTC [{CURSOR.format(number)}]"), "    PRIORITY=6", "    _PID=7"]
        out += ["    MESSAGE=" + text.replace("\n", "\n" + 12 * " "), "    _SYSTEMD_UNIT=shop.service"]
    return "\n".join(out).encode() + b"\n"


def pieces_of(line: str, size: int = 16_384) -> Iterator[str]:
    """A line as runtimes break it: no piece ends within a character."""
    raw = line.encode()
    while raw:
        end = size
        while end < len(raw) and raw[end] & 0xC0 == 0x80:
            end -= 1
        yield raw[:end].decode()
        raw = raw[end:]


def docker_pieces(lines: Iterable[str]) -> bytes:
    """Docker's json-file: a record a line, or a piece of one."""
    out = []
    for number, line in enumerate(lines):
        when = f"2026-11-22T08:{number // 60 % 60:02}:{number % 60:02}.123456789Z"
        records = ({"log": piece, "stream": "stdout", "time": when} for piece in pieces_of(line + "\n"))
        out += [json.dumps(record, separators=(",", ":")) + "\n" for record in records]
    return "".join(out).encode()


def cri_pieces(lines: Iterable[str]) -> bytes:
    """CRI's format: the last piece of a line has an F, those before it a P."""
    out = []
    for number, line in enumerate(lines):
        when = f"2026-11-22T08:{number // 60 % 60:02}:{number % 60:02}.123456789Z"
        *begun, last = list(pieces_of(line)) or [""]
        out += [f"{when} stdout P {piece}\n" for piece in begun] + [f"{when} stdout F {last}\n"]
    return "".join(out).encode()


def framed(stream: int, message: bytes) -> bytes:
    """A message of the Docker Engine's raw stream."""
    return bytes([stream, 0, 0, 0]) + len(message).to_bytes(4, "big") + message


def raw_stream(lines: Lines) -> bytes:
    """What a request to the Engine's socket gives: long lines in two messages, those of the other stream between them."""
    out = []
    for number, (_, line) in enumerate(lines):
        data = line.encode() + b"\n"
        out.append(framed(2, data[:60]))
        out += [framed(1, b"served %d requests\n" % number)] if not number % 5 else []
        out += [framed(2, data[60:])] if data[60:] else []
    return b"".join(out)


def timed_stream(lines: Lines) -> bytes:
    """The same with `timestamps=1`."""
    out = []
    for number, (at, line) in enumerate(lines):
        out += [framed(2, f"{stamp(at)}123Z {line}\n".encode())]
        out += [framed(1, f"{stamp(at)}456Z served {number} requests\n".encode())] if not number % 5 else []
    return b"".join(out)


TIMED_BYTES: dict[str, Encode] = {
    "journal-fields": exported,
    "journal-verbose": verbose,
    "docker-raw-timestamps": timed_stream,
}
BYTES: dict[str, Encode] = TIMED_BYTES | {"docker-raw": raw_stream}
