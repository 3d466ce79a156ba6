"""Passwords on command lines, in calls, and in the files that clients read them from."""

from __future__ import annotations

from forge_doctor.redaction.notation.signs import is_drawn
from forge_doctor.redaction.shapes import MASK
from forge_doctor.regex import regex

_PGPASS = regex(
    r"(?<![\w.*:-])((?:[\w.*-]{0,100}|\[[\da-fA-F:.]{2,45}\]):(?:\d{4,5}|\*):[A-Za-z_*][\w.*-]{0,63}:[A-Za-z_*][\w.*-]{0,63}:)"
    r"[^\s:/'\"][^\s'\"]*+"
)
_NETRC = regex(r"\b(login[ \t]{1,8}\S{1,100}[ \t\n]{1,8}password[ \t]{1,8})\S{1,}+")
_CURL = regex(r"((?:^|\s)(?:-u|--user|--proxy-user)[ =]?['\"]?[^\s:'\"]{1,100}:)[^\s'\"]{1,}+")
# Arguments as a failed command's list has them: behind a login, and what MySQL's clients take in one word.
_ARGUMENTS = regex(
    r"(['\"](?:-[uU]|--user(?:name)?|--login)['\"], ['\"][^'\"\n]{1,100}['\"],(?: ['\"][^'\"\n]{1,100}['\"],){0,8}? "
    r"['\"]-[pPwW]['\"], ['\"])(?!\d{1,5}['\"])[^'\"\n]{1,300}+"
)
_MYSQL = regex(r"(\b(?:mysql|mariadb)[\w-]{0,20}['\"]?,?\s(?:[^\n]{0,300}?\s)??['\"]?-p)[^\s'\",\]]{3,200}+")
_CREATED = regex(r"(\bURL\.create\()[^)]{0,2000}+\)?")
_POSITIONAL = regex(r"(\b\w{0,40}(?:[Cc]redentials?|BasicAuth)\([^(),=\n]{1,100},\s{0,8})[^()=\n]{1,200}+(?=\))")
# What a client of Redis or of a mail server says who it is with.
_AUTH = regex(r"(\bAUTH (?:[A-Z][A-Z0-9-]{1,20} )?)([\w.~+/=-]{8,}+)")


def mask_netrc(text: str) -> str:
    """The text without the password of `login ... password ...`."""
    return _NETRC.sub(rf"\g<1>{MASK}", text)


def mask_curl(text: str) -> str:
    """The text without the password of `-u user:password`."""
    return _CURL.sub(rf"\g<1>{MASK}", text)


def mask_arguments(text: str) -> str:
    """The text without the password of a list of arguments that has a login."""
    return _ARGUMENTS.sub(rf"\g<1>{MASK}", text)


def mask_mysql(text: str) -> str:
    """The text without what MySQL's clients take in one word with `-p`."""
    return _MYSQL.sub(rf"\g<1>{MASK}", text)


def mask_pgpass(text: str) -> str:
    """The text without the password of `host:port:database:user:password`."""
    return _PGPASS.sub(rf"\g<1>{MASK}", text)


def mask_calls(text: str) -> str:
    """The text without what `URL.create(...)` and `...Credentials(user, ...)` are given."""
    return _POSITIONAL.sub(rf"\g<1>{MASK}", _CREATED.sub(rf"\g<1>{MASK})", text))


def mask_auth(text: str) -> str:
    """The text without what follows `AUTH` or `AUTH PLAIN`, where it is no word."""
    return _AUTH.sub(lambda found: found[1] + (MASK if is_drawn(found[2]) else found[2]), text)
