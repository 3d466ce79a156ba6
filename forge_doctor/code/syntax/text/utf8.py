"""The bytes of a Python file as text in UTF-8, by the encoding that it declares; guesses none."""

from __future__ import annotations

import io
import re
import tokenize

from forge_doctor.code.syntax.syntax_problem import SyntaxProblem


def as_utf8(data: bytes) -> tuple[bytes, SyntaxProblem | None]:
    """The text without byte order mark, its lines ended by line feeds; or nothing, and why it cannot be read."""
    if b"\0" in data:
        line = data[: data.index(b"\0")].count(b"\n") + 1
        return b"", SyntaxProblem(line=line, message="it contains null bytes")
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        text = data.decode(encoding)
    except (SyntaxError, UnicodeDecodeError, LookupError) as error:
        return b"", SyntaxProblem(line=1, message=f"it cannot be decoded: {error}")
    # Python ends lines at a lone carriage return as well; the parser does not.
    return re.sub(rb"\r(?!\n)", b"\n", text.encode("utf-8", "surrogatepass")), None
