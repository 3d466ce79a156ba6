"""Secrets that this run was given (a DSN's password, keys in a URL): masked by value in everything that leaves it.

A server may echo what it was sent, an import error may quote the environment: no shape tells such a secret, but we know
what it is. Values are kept for the life of the process and shown to nobody.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any, TypeVar

from forge_doctor.dataclass import field_names, replace
from forge_doctor.redaction.names import STRONG, is_query_secret, strength
from forge_doctor.redaction.shapes import MASK
from forge_doctor.regex import regex

SHORTEST = 4
# From here on a value is no word that stands in texts by chance, and is masked inside of others as well.
SHORTEST_INSIDE = 8
LONGEST_WORD = 14
# The shell's own names for the folder we are in and the one before: their names sound like a password's.
NO_SECRETS = ("PWD", "OLDPWD")
_USERINFO = regex(r"[A-Za-z][A-Za-z0-9+.-]{0,30}://([^\s:/@]{0,200}):([^\s]{1,500})@")

_QUERY = regex(r"[?&]([\w.-]{1,64})=([^&\s#]{4,4000})")
# What no quoting of URLs, Python or JSON changes.
_UNRESERVED = regex(r"[A-Za-z0-9_.~-]+")
_PLAIN = frozenset({int, float, bool, type(None)})
_held: set[str] = set()
_pattern: list[re.Pattern[str]] = []
T = TypeVar("T")


def hold(value: str, *known: str) -> None:
    """Mask this value from now on, but where it is also one of the `known` (a role's own name), which are shown."""
    if len(value) < SHORTEST or value in known:
        return
    _held.add(value)
    if not _UNRESERVED.fullmatch(value):
        _held.update(_quoted(value))
    if any(known):
        from base64 import b64encode

        # As a header of HTTP has them, whether its scheme is told or not.
        _held.update(b64encode(f"{user}:{value}".encode()).decode().rstrip("=") for user in known if user)
    _pattern.clear()


def _quoted(value: str) -> Iterator[str]:
    """As URLs, Python and JSON write it; of most tokens each is the same, and a short run need not load these."""
    import json
    from urllib.parse import quote, quote_plus

    yield from (quote(value), quote(value, safe=""), quote_plus(value), repr(value)[1:-1])
    yield from (json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1])


def hold_environment(environ: Mapping[str, str]) -> None:
    """Mask what variables with a secret's name are set to, and passwords in the URLs of any."""
    for name, value in environ.items():
        if "://" in value:
            hold_url(value)
        elif (
            name not in NO_SECRETS
            and strength(name) == STRONG
            and len(value) >= SHORTEST_INSIDE
            and not _is_word(value)
        ):
            hold(value)


def hold_url(url: str) -> None:
    """Mask the password of a URL, the key that stands for one, and what its query signs it with."""
    for user, password in _USERINFO.findall(url):
        hold(_unquoted(password), user)
        hold(password, user)
    for name, value in _QUERY.findall(url):
        if is_query_secret(name):
            hold(_unquoted(value))
            hold(value)


def _unquoted(text: str) -> str:
    if "%" not in text:
        return text
    from urllib.parse import unquote

    return unquote(text)


def mask_held(text: str) -> str:
    """The text without the values that are held."""
    if not _held:
        return text
    if not _pattern:
        _pattern.append(re.compile("|".join(map(_written, sorted(_held, key=len, reverse=True)))))
    return _pattern[0].sub(MASK, text)


def without_held(value: T) -> T:
    """The same value, a report or any part of it, with the texts in it masked; keys are left."""
    return _masked(value, {}) if _held else value


def _masked(value: Any, known: dict[str, str]) -> Any:
    """`known` has the texts already masked: in the report on a thousand sessions most are there many times."""
    kind = type(value)
    if kind is str:
        if value not in known:
            known[value] = mask_held(value)
        return known[value]
    if kind in _PLAIN:
        return value
    if kind is dict or isinstance(value, Mapping):
        return {key: one if type(one) in _PLAIN else _masked(one, known) for key, one in value.items()}
    if kind is tuple:
        return value if _PLAIN.issuperset(map(type, value)) else tuple([_masked(one, known) for one in value])
    if isinstance(value, list):
        return [_masked(one, known) for one in value]
    if names := field_names(value):
        own = [(name, getattr(value, name)) for name in names]
        changed = {name: masked for name, one in own if (masked := _masked(one, known)) is not one}
        return replace(value, **changed) if changed else value
    return mask_held(value) if isinstance(value, str) and not isinstance(value, Enum) else value


def _written(value: str) -> str:
    """As a pattern: a short one only where it stands alone; signs as they are or as a URL has them, since each library
    has signs of its own that it leaves."""
    escaped = "".join(one if one.isalnum() else _sign(one) for one in value)
    return rf"(?<!\w){escaped}(?!\w)" if len(value) < SHORTEST_INSIDE or _is_word(value) else escaped


def _sign(character: str) -> str:
    plain = re.escape(character)
    return f"(?:{plain}|(?i:%{ord(character):02x}))" if character.isascii() else plain


def _is_word(value: str) -> bool:
    """Whether it may stand in a text by itself: `postgres` is a role, a database and a scheme."""
    return len(value) < LONGEST_WORD and value.isalpha() and value.islower()


def forget() -> None:
    """Hold nothing: a new run begins."""
    _held.clear()
    _pattern.clear()
