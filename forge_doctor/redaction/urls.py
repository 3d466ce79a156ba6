"""Passwords, keys and signatures in URLs, and logins written as in one: `scheme://user:password@host?token=...`."""

from __future__ import annotations

import re

from forge_doctor.redaction.names import is_query_secret
from forge_doctor.redaction.shapes import MASK
from forge_doctor.regex import regex

_LONGEST_TOKEN = 4_096

# Written wrong it is refused, and the refusal quotes it: a colon or a slash too many, or one too few.
_URL = regex(r"\b([a-z][a-z0-9+.-]{0,30}:{1,3}/{1,3})([^\s'\"<>`/](?:\{[^{}\n]{1,200}\}|[^\s'\"<>`])*+)", re.IGNORECASE)
# Where a name alone before the `@` is a user's, and no token.
_HAS_USERS = regex(
    r"(?:postgres|pgsql|postgis|asyncpg|psycopg|mysql|mariadb|mssql|oracle|cockroach|sqlite|mongo|amqp|(?:git\+)?ssh|"
    r"s?ftp|smtp|imap|ldap|kafka|jdbc)[\w+.-]{0,30}:{1,3}/",
    re.IGNORECASE,
)
_QUERY = regex(r"([?&;]|%3[Ff]|%26)([\w.-]{1,64})(=|%3[Dd])([^&\s'\"<>#]{1,}+)")
_BARE_LOGIN = regex(r"[^\s'\"<>`=,;(){}\[\]]{3,}+")


def mask_urls(text: str) -> str:
    """The text without the passwords of URLs, and the tokens that stand for a user and a password."""
    return _URL.sub(lambda found: found[1] + _userinfo_masked(found[1], found[2]), text)


def _userinfo_masked(scheme: str, rest: str) -> str:
    """What follows `scheme://`, without the password of its authority."""
    at = rest.rfind("@")
    if at < 0 or (not rest[at + 1 : at + 2].isalnum() and rest[at + 1 : at + 2] not in tuple("[_/.{%$")):
        return rest
    user, colon, _ = rest[:at].partition(":")
    if colon:
        return f"{user}:{MASK}{rest[at:]}"
    if "://" not in scheme or _HAS_USERS.match(scheme) or not 0 < at <= _LONGEST_TOKEN or "/" in rest[:at]:
        return rest
    return MASK + rest[at:]


def mask_bare_logins(text: str) -> str:
    """`user:password@host` with no scheme before it; a word with more colons before the `@` is no login."""

    def masked(found: re.Match[str]) -> str:
        word = found[0]
        user, _, host = word.rpartition("@")
        name, _, password = user.partition(":")
        if not name or not password or ":" in password or "/" in name or not host[:1].isalnum() or "//" in word:
            return word
        return f"{name}:{MASK}@{host}"

    return _BARE_LOGIN.sub(masked, text)


def mask_queries(text: str) -> str:
    """The text without what the parameters of queries hold that have a secret's name."""
    return _QUERY.sub(
        lambda found: f"{found[1]}{found[2]}{found[3]}{MASK}" if is_query_secret(found[2]) else found[0], text
    )
