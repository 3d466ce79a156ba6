"""Opens a log as plain bytes: gzip, bzip2, xz, zstd, UTF-16 and Docker's raw stream undone, told by content and not by name.

Refuses what is empty or no text, and says so; guesses no encoding beyond UTF-16, told by its mark or by every second byte.
"""

from __future__ import annotations

import codecs
import importlib.util
import io
from typing import IO, Any, cast

from forge_doctor.errors import CannotInspect
from forge_doctor.streams.sources.multiplexed import Multiplexed, is_multiplexed
from forge_doctor.streams.sources.translated import Translated

SAMPLE_BYTES = 64 << 10
PIECE_BYTES = 256 << 10
GZIP, BZIP2, XZ, ZSTD = b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd"
# What other binary files begin with, and what they are called in the message.
BINARIES = {
    b"\x7fELF": "a program",
    b"PK\x03\x04": "a zip archive",
    b"%PDF": "a PDF",
    b"\x89PNG": "an image",
    b"SQLite format 3": "a SQLite database",
}
# Text with fields of bytes in it, which its reader takes apart: journald's export format.
OF_FIELDS = b"__CURSOR="
# Blanks, zeros and a byte order mark.
NOTHING = b" \t\r\n\0" + codecs.BOM_UTF8
LEAST_FOREIGN = 200
LEAST_UTF_16, LOOKED_BYTES = 64, 4_096
TEXT_CONTROLS = b"\t\n\r\x0b\x0c\x1b\x08\x07"
CONTROLS = bytes(set(range(32)) - set(TEXT_CONTROLS)) + b"\x7f"


class PlainLog(io.RawIOBase):
    """A log's plain bytes; damage is reported as `CannotInspect`, after everything before it was given."""

    def __init__(self, name: str, file: IO[bytes], below: io.BufferedReader[Any]) -> None:
        super().__init__()
        self._name, self._file, self._below = name, file, below
        # Unpackers give little at a time if asked once; a pipe must not be waited for once it gave something.
        self._fill: Any = file.readinto1 if isinstance(file, io.BufferedReader) else cast("Any", file).readinto

    @property
    def as_stored(self) -> bool:
        """Whether the file itself has these bytes."""
        return self._file is self._below

    def readable(self) -> bool:
        """It can be read."""
        return True

    def readinto(self, buffer: Any, /) -> int | None:
        """Fill the buffer; 0 at the end."""
        try:
            return cast("int | None", self._fill(buffer))
        except damage() as error:
            raise CannotInspect(f"{self._name}: unreadable from here on: {error or 'cut off'}") from error

    def close(self) -> None:
        """Close the files below too; an unpacker leaves its own open."""
        self._file.close()
        self._below.close()
        super().close()


class Batched(io.RawIOBase):
    """An unpacker whose single reads are as large as asked; what it gave before its file broke off is not lost."""

    def __init__(self, file: IO[bytes]) -> None:
        super().__init__()
        self._file: Any = file
        # One that unpacks as much as it can has no single reads.
        self._read: Any = getattr(file, "read1", file.read)
        self._damage: BaseException | None = None

    def readable(self) -> bool:
        """It can be read."""
        return True

    def readinto(self, buffer: Any, /) -> int:
        """Fill the buffer; 0 at the end. Damage is raised when everything before it was given."""
        if self._damage is not None:
            raise self._damage
        view, filled = memoryview(buffer).cast("B"), 0
        try:
            while filled < len(view) and (piece := self._read(min(len(view) - filled, PIECE_BYTES))):
                view[filled : filled + len(piece)] = piece
                filled += len(piece)
        except damage() as error:
            if not filled:
                raise
            self._damage = error
        return filled

    def close(self) -> None:
        """Close the file below too."""
        self._file.close()
        super().close()


class Transcoded(Translated):
    """UTF-16 as UTF-8; what can't be decoded is replaced."""

    def __init__(self, file: IO[bytes], encoding: str) -> None:
        super().__init__(file)
        self._decoder = codecs.getincrementaldecoder(encoding)(errors="replace")

    def translate(self, data: bytes) -> bytes:
        """A character that was cut goes on in the next piece."""
        return self._decoder.decode(data).encode("utf-8", "replace")


def open_plain(name: str, raw: io.RawIOBase) -> PlainLog:
    """The plain bytes of `raw`; raises `CannotInspect` where it is empty, damaged at once or no text."""
    buffered: io.BufferedReader[Any] = io.BufferedReader(raw, SAMPLE_BYTES)
    below = buffered
    head = peek(name, buffered)
    if not head:
        raise CannotInspect(f"{name}: is empty: there is nothing to look at")
    unpacked = unpack(name, head, buffered)
    if unpacked is not buffered:
        buffered = io.BufferedReader(cast("io.RawIOBase", Batched(unpacked)), SAMPLE_BYTES)
        head = peek(name, buffered)
        if not head:
            raise CannotInspect(f"{name}: is empty once unpacked: there is nothing to look at")
    if len(head) < SAMPLE_BYTES and raw.seekable() and not head.strip(NOTHING):
        raise CannotInspect(f"{name}: has nothing in it but blanks and zero bytes: there is nothing to look at")
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        raise CannotInspect(f"{name}: is text in UTF-32: convert it to UTF-8")
    if encoding := utf_16(head):
        return PlainLog(name, cast("IO[bytes]", Transcoded(buffered, encoding)), below)
    if is_multiplexed(head):
        return PlainLog(name, cast("IO[bytes]", Multiplexed(buffered)), below)
    refuse_binary(name, head)
    return PlainLog(name, buffered, below)


def utf_16(head: bytes) -> str:
    """Which UTF-16 a text is in that begins so, empty where it is in none: a tail or a piece of one has no mark."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    looked = head[:LOOKED_BYTES]
    zeros = [4 * looked[half::2].count(0) / max(1, len(looked) // 2) for half in (0, 1)]
    if len(looked) < LEAST_UTF_16 or min(zeros) > 0 or max(zeros) < 3:
        return ""
    return "utf-16-be" if zeros[0] else "utf-16-le"


def peek(name: str, file: io.BufferedReader[Any]) -> bytes:
    """The first bytes, left unread."""
    try:
        return file.peek(SAMPLE_BYTES)
    except damage() as error:
        raise CannotInspect(f"{name}: cannot be read: {getattr(error, 'strerror', None) or error}") from error


def unpack(name: str, head: bytes, file: io.BufferedReader[Any]) -> IO[bytes]:
    """The unpacked content of `file`, or `file` itself where it is not packed."""
    if head.startswith(GZIP):
        import gzip

        return cast("IO[bytes]", gzip.GzipFile(fileobj=file))
    if head.startswith(BZIP2) and head[3:4].isdigit() and head[4:10] == b"1AY&SY":
        import bz2

        return cast("IO[bytes]", bz2.BZ2File(file))
    if head.startswith(XZ):
        import lzma

        return cast("IO[bytes]", lzma.LZMAFile(file))
    return open_zstd(name, file) if head.startswith(ZSTD) else file


def open_zstd(name: str, file: io.BufferedReader[Any]) -> IO[bytes]:
    """Python 3.14 unpacks zstd by itself, before it takes the zstandard package."""
    if importlib.util.find_spec("compression") is not None:
        zstd = importlib.import_module("compression.zstd")
        return cast("IO[bytes]", zstd.ZstdFile(file))
    if importlib.util.find_spec("zstandard") is None:
        raise CannotInspect(f"{name}: is packed with zstd: `pip install zstandard`, or unpack it with `zstd -d` first")
    import zstandard

    return cast("IO[bytes]", zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True))


def refuse_binary(name: str, head: bytes) -> None:
    """Raise `CannotInspect` where the sample is no text.

    A few damaged bytes are, and so are leading NULs: a file truncated while its writer went on has them.
    """
    for magic, kind in BINARIES.items():
        if head.startswith(magic):
            raise CannotInspect(f"{name}: is {kind}, not a log")
    text = head.lstrip(b"\0")
    if text.startswith(OF_FIELDS):
        return
    if len(text) - len(text.translate(None, CONTROLS)) > len(text) // 20:
        raise CannotInspect(f"{name}: is not text: pass a log file")
    if _is_foreign(text):
        raise CannotInspect(f"{name}: is text in an encoding that is not known, as on a mainframe: convert it to UTF-8")


def _is_foreign(text: bytes) -> bool:
    """Whether the letters, the blanks and the ends of lines are not where every encoding but EBCDIC has them."""
    if len(text) < LEAST_FOREIGN or text.isascii() or 2 * sum(byte > 127 for byte in text) < len(text):
        return False
    return b" " not in text and b"\n" not in text


def damage() -> tuple[type[BaseException], ...]:
    """What reading and unpacking raise on a damaged or unreadable file."""
    import lzma
    import zlib

    known: tuple[type[BaseException], ...] = (OSError, EOFError, zlib.error, lzma.LZMAError)
    if importlib.util.find_spec("compression") is not None:
        return (*known, importlib.import_module("compression.zstd").ZstdError)
    if importlib.util.find_spec("zstandard") is not None:
        import zstandard

        return (*known, zstandard.ZstdError)
    return known
