"""Reads what Python's repr() makes of lines: a list of them, bytes, a dictionary a line."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from forge_doctor.regex import regex

MOST_CHARACTERS = 64 << 20
_LIST = regex(rb"""\s{0,100}[\[(]\s{0,100}b?(?:'(?:[^'\\\n]|\\.){0,8000}'|"(?:[^"\\\n]|\\.){0,8000}")\s{0,100}[,\])]""")
_BEGUN_BYTES = regex(rb"\s{0,100}b['\"][^\n]{0,8000}\\n")
# Texts as JSON has them, one a line.
_TEXTS = regex(rb'(?:"(?:[^"\\\n]|\\.){0,8000}"\r?\n){3}')
_DICTIONARY = regex(rb"\s{0,100}\{'[^'\n]{1,100}': [^\n]{1,100000}\}\s*(?:\n|$)")


def is_literal(sample: bytes, is_head: Callable[[bytes], bool]) -> bool:
    """Whether the stream is one list or one bytes object, or each of its lines a text in quotes.

    A text is a program's line where it ends as one, or begins as a record does: an access log's ends with its client's
    name in quotes, and what stands before that may be taken for a prefix.
    """
    if sample[:1] == b'"' and _TEXTS.match(sample):
        lines = [line.rstrip() for line in sample.split(b"\n")[:-1]]
        lines_said = any(line.endswith(b'\\n"') or is_head(line[1:]) for line in lines)
        return lines_said and all(line[:1] == b'"' == line[-1:] for line in lines)
    return _LIST.match(sample) is not None or _BEGUN_BYTES.match(sample) is not None


def is_dictionaries(sample: bytes) -> bool:
    """Whether each line of the stream is a dictionary."""
    return (
        _DICTIONARY.match(sample) is not None
        and _value(sample.split(b"\n", 1)[0].decode("utf-8", "replace")) is not None
    )


def lines_of(texts: Iterable[str]) -> Iterator[bytes]:
    """The lines in literals, one a line of the stream; what is none stays as it is."""
    for text in _records(texts):
        yield from _lines(_value(text), text)


def entries_of(texts: Iterable[str]) -> Iterator[Any]:
    """The dictionaries; what is none as text."""
    for text in _records(texts):
        value = _value(text)
        yield value if isinstance(value, Mapping) else text


def _records(texts: Iterable[str]) -> Iterator[str]:
    """Lines of the stream; a list over several lines is one."""
    rest = ""
    for text in texts:
        rest += text
        if len(rest) > MOST_CHARACTERS or "\n" not in rest:
            continue
        *whole, rest = rest.split("\n")
        yield from whole
    yield from rest.split("\n") if rest else ()


def _value(text: str) -> Any:
    if len(text) > MOST_CHARACTERS or text.lstrip()[:1] not in ("[", "(", "{", "b", "'", '"'):
        return None
    import ast

    try:
        return ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None


def _lines(value: Any, text: str) -> Iterator[bytes]:
    for one in value if isinstance(value, list | tuple) else [value]:
        if isinstance(one, str):
            yield one.rstrip("\n").encode("utf-8", "replace") + b"\n"
        elif isinstance(one, bytes):
            yield one.rstrip(b"\n") + b"\n"
        else:
            yield text.encode("utf-8", "replace") + b"\n"
            return
