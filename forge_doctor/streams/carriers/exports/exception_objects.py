"""Finds exceptions that a record has as objects, whoever wrote it: a list of places in code, and beside it a class and words.

A place is an object, or a list, with the name of a file of Python's and the number of a line. Guesses no exception that has no
such place, unless its class is one by its name and stands where records have what was raised.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from forge_doctor.regex import regex

DEEPEST, NEAREST, MOST_FRAMES, MOST_FOUND = 12, 4, 2_000, 20
JOINER = "During handling of the above exception, another exception occurred:"
_FILES = ("absPath", "abs_path", "fileName", "filename", "file", "path", "file_name", "codeFile", "source_file")
_LINES = ("lineNo", "lineno", "lineNumber", "line_number", "line_no", "line", "number", "codeLine")
_FUNCTIONS = ("function", "methodName", "method", "name", "label", "func", "codeFunction")
_CODES = ("context_line", "contextLine", "source", "line", "code")
_CLASSES = (
    "type",
    "class",
    "errorClass",
    "error_class",
    "className",
    "exc_type",
    "kind",
    "errorType",
    "typeName",
    "name",
)
_WORDS = ("value", "message", "errorMessage", "error_message", "exc_value", "description", "outerMessage", "msg")
# Where the innermost call comes first.
_UPSIDE_DOWN = frozenset({"parsedStack", "backtrace", "stackTrace", "stacktrace", "stack_trace"})
_HOLDERS = frozenset({"exception", "exceptions", "error", "errors", "metadata", "cause", "causes"})
# Lists of which the first was raised first.
_ROOT_FIRST = frozenset({"values", "frames"})
_FILE = regex(r"[^\n]{1,1000}\.pyx?$|<[^<>\n]{1,200}>$|[^\n]{0,200}/[^\n]{1,200}$")
_CLASS = regex(r"(?:[A-Za-z_]\w{0,80}\.){0,8}[A-Za-z_]\w{0,100}$")
_RAISED = regex(
    r"(?:[A-Za-z_]\w{0,80}\.){0,8}[A-Z]\w{0,80}(?:Error|Exception|Timeout|Violation|Interrupt|Exit|Group|Fault)$"
)
_EVEN = regex(r"\d{1,7}$")


class Place(NamedTuple):
    """A place in code, as far as it is told."""

    file: str
    line: int
    function: str
    code: str


class _Found(NamedTuple):
    """A list of places, and what holds it, the innermost first."""

    frames: tuple[Place, ...]
    holders: tuple[Mapping[str, Any], ...]


def raised_in(entry: Mapping[str, Any]) -> str:
    """The exceptions that a record has as objects, as Python prints them; empty where it has none."""
    found: dict[tuple[str, str], str] = {}
    for stack in _stacks(entry, "", (), DEEPEST):
        raised = next((one for holder in stack.holders[:NEAREST] if (one := _raised(holder)) is not None), None)
        if raised is not None and len(found) < MOST_FOUND:
            found.setdefault(raised, _printed(raised, stack.frames))
    if not found:
        found = {one: _printed(one, ()) for one in [next(_named(entry, "", DEEPEST), None)] if one is not None}
    return f"\n\n{JOINER}\n\n".join(found.values())


def _printed(raised: tuple[str, str], frames: Sequence[Place]) -> str:
    lines = ["Traceback (most recent call last):"]
    for frame in frames:
        lines.append(f'  File "{frame.file}", line {frame.line}, in {frame.function or "<module>"}')
        lines += [f"    {frame.code}"] if frame.code and "\n" not in frame.code else []
    kind, words = raised
    return "\n".join([*lines, f"{kind}: {words.removeprefix(f'{kind}: ')}".removesuffix(": ")])


def _stacks(value: Any, key: str, holders: tuple[Mapping[str, Any], ...], depth: int) -> Iterator[_Found]:
    """Lists of places anywhere in a value, in the order in which their exceptions were raised."""
    if depth == 0:
        return
    if isinstance(value, Mapping):
        for name, inner in value.items():
            if isinstance(inner, Mapping | list):
                yield from _stacks(inner, name, (value, *holders), depth - 1)
    elif isinstance(value, list):
        frames = _frames(value, key)
        if frames:
            yield _Found(frames, holders)
            return
        ones = value if key in _ROOT_FIRST else value[::-1]
        for one in ones[:MOST_FRAMES]:
            if isinstance(one, Mapping | list):
                yield from _stacks(one, key, holders, depth - 1)


def _frames(value: Sequence[Any], key: str) -> tuple[Place, ...]:
    """The places, the outermost first; none where the list has others than places."""
    read = [(_place(one), one) for one in value[:MOST_FRAMES]]
    frames = [frame for frame, _ in read if frame is not None]
    if not frames or 2 * len(frames) < len(read):
        return ()
    if len(frames) > 1 and not any("/" in frame.file for frame in frames):
        # Names of files without their folders, as X-Ray has them: whose they are, nobody can tell.
        return ()
    return tuple(frames[::-1] if key in _UPSIDE_DOWN else frames)


def _place(one: Any) -> Place | None:
    if isinstance(one, list):
        # Twisted's: the function, the file, the line.
        if len(one) < 3 or not (isinstance(one[0], str) and isinstance(one[1], str) and type(one[2]) is int):
            return None
        return Place(one[1], one[2], one[0], "") if _FILE.match(one[1]) else None
    if not isinstance(one, Mapping):
        return None
    file = next((one[name] for name in _FILES if isinstance(one.get(name), str) and one[name]), "")
    line = next((number for name in _LINES if (number := _number(one.get(name))) is not None), None)
    if not file or line is None or not _FILE.match(file):
        return None
    function = next((one[name] for name in _FUNCTIONS if isinstance(one.get(name), str) and one[name] != file), "")
    return Place(file, line, function, _code(one, line))


def _number(value: Any) -> int | None:
    if isinstance(value, Mapping):
        value = value.get("number")
    if isinstance(value, str) and _EVEN.match(value):
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def _code(one: Mapping[str, Any], line: int) -> str:
    for name in _CODES:
        if isinstance(value := one.get(name), str) and not _EVEN.match(value):
            return value.strip()
    shown = one.get("context") or one.get("code")
    if isinstance(shown, Mapping):
        return str(shown.get(str(line), "")).strip()
    pairs = [pair for pair in shown if isinstance(pair, list) and len(pair) == 2] if isinstance(shown, list) else []
    return next((str(text).strip() for number, text in pairs if number == line), "")


def _raised(holder: Mapping[str, Any]) -> tuple[str, str] | None:
    """The class and the words that stand in what holds a list of places, or beside it there in an object of their own."""
    for one in (
        holder,
        *(holder[name] for name in ("exception", "error", "type") if isinstance(holder.get(name), Mapping)),
    ):
        kind = next((name for key in _CLASSES if (name := _name(one.get(key)))), "")
        if not kind:
            continue
        module = one.get("module")
        qualified = f"{module}.{kind}" if isinstance(module, str) and module and "." not in kind else kind
        told = next((str(one[key]) for key in _WORDS if isinstance(one.get(key), str)), "")
        return qualified, told
    return None


def _name(value: Any) -> str:
    """A class's name, as text or as an object that has its module beside it; empty where it is none."""
    if isinstance(value, Mapping):
        module, name = value.get("__module__"), value.get("__name__")
        return f"{module}.{name}" if isinstance(module, str) and isinstance(name, str) else ""
    is_name = isinstance(value, str) and _CLASS.match(value) and any(map(str.isupper, value.rpartition(".")[2]))
    return str(value) if is_name else ""


def _named(value: Any, key: str, depth: int) -> Iterator[tuple[str, str]]:
    """Classes of exceptions, with words beside them, where a record has what was raised."""
    if depth == 0:
        return
    if isinstance(value, Mapping):
        kind = next((str(value[name]) for name in _CLASSES if _RAISED.match(str(value.get(name, "")))), "")
        told = next((str(value[name]) for name in _WORDS if isinstance(value.get(name), str)), None)
        if key in _HOLDERS and kind and told is not None:
            yield kind, told
        for name, inner in value.items():
            if isinstance(inner, Mapping | list):
                yield from _named(inner, name, depth - 1)
    elif isinstance(value, list):
        for one in value[:MOST_FOUND]:
            yield from _named(one, key, depth - 1)
