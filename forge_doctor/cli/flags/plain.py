"""Reads a command line that leaves nothing open: words, and options by their full names with values that cannot be wrong.

What typer would refuse, ask the environment for, or read in one of its own ways is left to typer, whole. To load it and to
tell it of the options takes longer than to read a short log.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

from forge_doctor.cli.flags.declared import Declared

Options = Mapping[str, tuple[Any, Declared]]
# What typer is told for the help alone, or looks at here as well.
UNDERSTOOD = frozenset({"metavar", "help", "autocompletion", "rich_help_panel", "show_default", "min", "max"})
MOST_DIGITS = 9


def read_plain(options: Options, words: Sequence[str]) -> dict[str, Any] | None:
    """What each option that is typed comes to, by the names of the fields; None where the line is not plain."""
    found: dict[str, Any] = {}
    for name, text in _typed(options, words):
        value = _value(*options[name], text) if name in options else None
        if value is None:
            return None
        if _is_repeatable(options[name][0]):
            found.setdefault(name, []).append(value)
        elif name in found:
            return None
        else:
            found[name] = value
    return found


def _typed(options: Options, words: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Each field that the words name, with what they say of it, nothing of a flag; a field that is none where that is open."""
    by_name = {typed: name for name, one in options.items() for typed in _names(name, *one)}
    place = next((name for name, (_, declared) in options.items() if declared.of_place), "")
    left = iter(words)
    for word in left:
        if not _is_option(word):
            yield (place if word else ""), word
            continue
        typed, equals, text = word.partition("=") if word.startswith("--") else (word, "", "")
        name = by_name.get(typed, "")
        is_open = bool(equals) and not text
        if name and not equals and not _is_flag(options[name][0]):
            text = next(left, "")
            is_open = _is_option(text)  # where this one was to have a value
        yield ("" if is_open else name), text


def _is_option(word: str) -> bool:
    return word.startswith("-") and word != "-"


def _names(name: str, kind: Any, declared: Declared) -> tuple[str, ...]:
    """How an option is typed; a flag that has no name of its own also has a way to say no."""
    if declared.of_place or any("/" in one for one in declared.names) or (_is_flag(kind) and not declared.names):
        return ()
    return declared.names or (f"--{name.replace('_', '-')}",)


def _is_flag(kind: Any) -> bool:
    return kind is bool or bool in get_args(kind)


def _is_repeatable(kind: Any) -> bool:
    return Ellipsis in get_args(kind)


def _value(kind: Any, declared: Declared, text: str) -> Any:
    """The text as its option has it; None where it may be none."""
    if not declared.settings.keys() <= UNDERSTOOD or _is_flag(kind) == bool(text):
        return None
    wanted = (get_args(kind) or (kind,))[0]
    if wanted is bool or wanted is str:
        return text or True
    if wanted is Path:
        # Of one that may not be looked at, nothing is known: typer's own question as well.
        return Path(text) if os.access(text, os.R_OK) or not os.path.exists(text) else None  # noqa: PTH110
    return _number(text, **declared.settings) if wanted is int else None


def _number(text: str, min: int | None = None, max: int | None = None, **_told: Any) -> int | None:  # noqa: A002 - typer's
    if not text.isascii() or not text.isdecimal() or len(text) > MOST_DIGITS:
        return None
    number = int(text)
    return number if (min is None or min <= number) and (max is None or number <= max) else None
