"""Options from the environment: how one variable holds several values, and which variable a complaint is about."""

from __future__ import annotations

import os
import shlex
from typing import Any

# What these take has no comma of its own.
_COMMAS = ("select", "ignore", "only", "exclude", "pid")


def values(name: str, text: str, *, paths: bool = False) -> list[str]:
    """The values of a repeatable option: a line each where there are lines, else words, quoted where they have blanks.

    A connection string of keywords is one value; paths may stand as they do in PATH, ids and patterns between commas.
    """
    if "\n" in text.strip():
        return [line.strip() for line in text.splitlines() if line.strip()]
    if name == "dsn" and "://" not in text:
        return [text.strip()]
    if paths and os.pathsep in text:
        return [one for one in text.split(os.pathsep) if one]
    return _words(text, "," if name in _COMMAS else "")


def _words(text: str, separators: str) -> list[str]:
    """As a shell has them, but that a backslash is one: it belongs to patterns."""
    reader = shlex.shlex(text, posix=True, punctuation_chars=False)
    reader.whitespace += separators
    reader.whitespace_split, reader.commenters, reader.escape = True, "", ""
    try:
        return list(reader)
    except ValueError:
        # A quotation mark that is part of a name.
        return text.split()


def listen(parameter: Any) -> None:
    """Let a parameter of several values read its variable so; typer's own breaks at every blank."""
    if parameter.nargs == 1 and not parameter.multiple:
        return

    def value_from_envvar(ctx: Any) -> list[str] | None:
        text = parameter.resolve_envvar_value(ctx)
        return None if text is None else values(parameter.name, text, paths=parameter.type.name == "path")

    parameter.value_from_envvar = value_from_envvar


def variable_of(ctx: Any, parameter: Any) -> str | None:
    """The variable that a parameter has its value from."""
    source = ctx.get_parameter_source(parameter.name)
    if source is None or source.name != "ENVIRONMENT":
        return None
    return str(parameter.envvar or f"{ctx.auto_envvar_prefix}_{parameter.name}".upper())


def with_variables(message: str, ctx: Any, parameters: list[Any]) -> str:
    """The complaint, with the variable of each option it names: who set that typed no option."""
    named = (variable_of(ctx, one) for one in parameters if _is_named(message, ctx, one))
    told = ", ".join(variable for variable in named if variable is not None)
    return f"{message} ({told} in the environment)" if told else message


def _is_named(message: str, ctx: Any, parameter: Any) -> bool:
    """By its option, or by its value as complaints quote it."""
    value = ctx.params.get(parameter.name)
    quoted = [repr(str(one)) for one in (value if isinstance(value, list | tuple) else (value,)) if one]
    return any(word in message for word in (*parameter.opts, *quoted))
