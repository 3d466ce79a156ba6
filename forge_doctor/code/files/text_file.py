"""A source file's text as Python decodes it, and writing it back in the same encoding; changes nothing else of it."""

from __future__ import annotations

import io
import tokenize
import warnings
from collections.abc import Callable
from pathlib import Path

from forge_doctor.dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class TextFile:
    """The file's content, newlines as they are; `encoding` follows the byte order mark and the coding line."""

    path: Path
    text: str
    encoding: str
    data: bytes

    @property
    def newline(self) -> str:
        """The line ending most of its lines have."""
        return "\r\n" if self.text.count("\r\n") * 2 > self.text.count("\n") else "\n"


def read_text_file(path: Path, data: bytes | None = None) -> TextFile:
    """The file, or `data` in its stead.

    Raises `OSError`, or `ValueError` for bytes that its encoding does not have or cannot give back.
    """
    data = path.read_bytes() if data is None else data
    try:
        encoding = tokenize.detect_encoding(io.BytesIO(data).readline)[0]
    except SyntaxError as error:
        raise ValueError(str(error)) from error
    text = data.decode(encoding)
    if text.encode(encoding) != data:
        raise ValueError(f"its bytes cannot be written back as {encoding}")
    return TextFile(path=path, text=text, encoding=encoding, data=data)


def decoded(data: bytes) -> str:
    """The text for looking at, never for writing back: what cannot be decoded is replaced."""
    try:
        encoding = tokenize.detect_encoding(io.BytesIO(data).readline)[0]
        return data.decode(encoding, "replace")
    except (SyntaxError, LookupError, UnicodeError):
        return data.decode("utf-8", "replace")


def write_text_file(file: TextFile, text: str, tell: Callable[[str], None] | None = None) -> None:
    """Make the text the file's content, following a link; whose it is and its mode stay.

    Raises `OSError`, or `ValueError` where the text does not fit the encoding or the file was changed meanwhile.
    """
    from forge_doctor.probes.file_writing import write_file

    data = text.encode(file.encoding)
    if file.path.read_bytes() != file.data:
        raise ValueError("it was changed by somebody else meanwhile")
    write_file(file.path, data, tell)


def compiles(text: str) -> bool:
    """Whether the running interpreter takes the text for a module."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            compile(text, "<source>", "exec", dont_inherit=True)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return False
    return True
