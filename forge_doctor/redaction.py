"""Takes secrets out of text on its way to the user or to a file; it would rather hide too much than too little.

One pass for each way in which a secret shows: by its own shape (`secret_shapes`), by the name it is given to
(`secret_names`, `secret_values`), by where in a URL, a statement or a server's sentence it stands. Every pass takes time
in proportion to the text: what is unbounded in a pattern is possessive, what may be tried again is bounded.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from forge_doctor.regex import regex
from forge_doctor.secret_cookies import mask_cookies
from forge_doctor.secret_names import is_query_secret, strength
from forge_doctor.secret_rows import (
    mask_cached,
    mask_echoed,
    mask_inserts,
    mask_parameters,
    mask_placed,
    mask_rows,
    mask_statements,
)
from forge_doctor.secret_shapes import MASK, mask_keys, mask_random, mask_schemes, mask_tokens
from forge_doctor.secret_values import mask_named

__all__ = ("MASK", "redact", "redact_dsn")

# A secret that a cut goes through is no longer known for one: so much more is read than is kept.
_BEYOND_CUT = 2_000
_LONGEST_DSN = 4_096

# Written wrong it is refused, and the refusal quotes it: a colon or a slash too many, or one too few.
_URL = regex(r"\b([a-z][a-z0-9+.-]{0,30}:{1,3}/{1,3})([^\s'\"<>`/][^\s'\"<>`]*+)", re.IGNORECASE)
# Where a name alone before the `@` is a user's, and no token.
_HAS_USERS = regex(
    r"(?:postgres|pgsql|postgis|asyncpg|psycopg|mysql|mariadb|mssql|oracle|cockroach|sqlite|mongo|amqp|(?:git\+)?ssh|"
    r"s?ftp|smtp|imap|ldap|kafka|jdbc)[\w+.-]{0,30}:{1,3}/",
    re.IGNORECASE,
)
_QUERY = regex(r"([?&;]|%3[Ff]|%26)([\w.-]{1,64})(=|%3[Dd])([^&\s'\"<>#]{1,}+)")
_BARE_LOGIN = regex(r"[^\s'\"<>`=,;(){}\[\]]{3,}+")
_PGPASS = regex(
    r"(?<![\w.*:-])((?:[\w.*-]{0,100}|\[[\da-fA-F:.]{2,45}\]):(?:\d{4,5}|\*):[A-Za-z_*][\w.*-]{0,63}:[A-Za-z_*][\w.*-]{0,63}:)"
    r"[^\s:/'\"][^\s'\"]*+"
)
# The word and what it means, with some others in between; a name of something else is none.
_TOLD_APART = regex(
    r"(?i)\b((?:api[ _-]?|access[ _-]?|secret[ _-]?)key|secret|token|password|passphrase|credentials?|jwt|signature|session id)"
    r"(?=(?P<between>[^'\"`\n]{1,80})(?P<quote>['\"`])[^\s'\"`]{8,200}(?P=quote))"
)
_TOLD = regex(r"(?=[^\d]{0,200}\d)(?=[^A-Za-z]{0,200}[A-Za-z])[^\s'\"`]{8,200}")
_NAMES_ELSE = regex(
    r"(?i)\b(?:user|role|database|relation|column|host|name|file|type|class|field|table|module|attribute|id|for|of|in|from|by) \Z"
)
_NETRC = regex(r"\b(login[ \t]{1,8}\S{1,100}[ \t\n]{1,8}password[ \t]{1,8})\S{1,}+")
_CURL = regex(r"((?:^|\s)(?:-u|--user|--proxy-user)[ =]?['\"]?[^\s:'\"]{1,100}:)[^\s'\"]{1,}+")
# Arguments as a failed command's list has them: behind a login, and what MySQL's clients take in one word.
_ARGUMENTS = regex(
    r"(['\"](?:-[uU]|--user(?:name)?|--login)['\"], ['\"][^'\"\n]{1,100}['\"],(?: ['\"][^'\"\n]{1,100}['\"],){0,8}? "
    r"['\"]-[pPwW]['\"], ['\"])(?!\d{1,5}['\"])[^'\"\n]{1,300}+"
)
_MYSQL = regex(r"(\b(?:mysql|mariadb)[\w-]{0,20}['\"]?,?\s(?:[^\n]{0,300}?\s)??['\"]?-p)[^\s'\",\]]{3,200}+")
_IDENTIFIED = regex(r"(?i)\b(IDENTIFIED (?:WITH \w{1,40} )?(?:BY|AS) (?:PASSWORD )?)'[^'\n]*+'?")

_CREATED = regex(r"(\bURL\.create\()[^)]{0,2000}+\)?")
# Browsers keep such names for cookies that must not leak.
_HOST_COOKIE = regex(r"(?i)(__(?:host|secure)-[\w.-]{1,64}=)[^\s;,'\"]{1,}+")
_POSITIONAL = regex(r"(\b\w{0,40}(?:[Cc]redentials?|BasicAuth)\([^(),=\n]{1,100},\s{0,8})[^()=\n]{1,200}+(?=\))")

_Pass = Callable[[str], str]


def redact(text: str, limit: int | None = None) -> str:
    """The text with every secret it may hold replaced by `***`; what is beyond `limit` characters is not looked at."""
    if limit is not None:
        text = text[: limit + _BEYOND_CUT]
    plain = text.casefold()
    for marks, mask in _PASSES:
        if any(mark in plain for mark in marks):
            text = mask(text)
    text = mask_random(mask_tokens(mask_named(text)))
    return text if limit is None else text[:limit]


def _urls(text: str) -> str:
    return _URL.sub(lambda found: found[1] + _userinfo_masked(found[1], found[2]), text)


def _userinfo_masked(scheme: str, rest: str) -> str:
    """What follows `scheme://`, without the password of its authority."""
    at = rest.rfind("@")
    if at < 0 or (not rest[at + 1 : at + 2].isalnum() and rest[at + 1 : at + 2] not in ("[", "_", "/", ".")):
        return rest
    user, colon, _ = rest[:at].partition(":")
    if colon:
        return f"{user}:{MASK}{rest[at:]}"
    if "://" not in scheme or _HAS_USERS.match(scheme) or not 0 < at <= _LONGEST_DSN or "/" in rest[:at]:
        return rest
    return MASK + rest[at:]


def _bare_logins(text: str) -> str:
    """`user:password@host` with no scheme before it; a word with more colons before the `@` is no login."""

    def masked(found: re.Match[str]) -> str:
        word = found[0]
        user, _, host = word.rpartition("@")
        name, _, password = user.partition(":")
        if not name or not password or ":" in password or "/" in name or not host[:1].isalnum() or "//" in word:
            return word
        return f"{name}:{MASK}@{host}"

    return _BARE_LOGIN.sub(masked, text)


def _told_apart(text: str) -> str:
    """Without a token that is quoted some words after the word for it: `the token of this request, 'x9...', is old`."""
    parts, position = [], 0
    while found := _TOLD_APART.search(text, position):
        begin = found.end("quote")
        value = _TOLD.match(text, begin)
        masked = value is not None and not _NAMES_ELSE.search(found["between"])
        parts += [text[position:begin], MASK] if masked and value else [text[position:begin]]
        position = value.end() if masked and value else begin
    return "".join(parts) + text[position:]


def _queries(text: str) -> str:
    return _QUERY.sub(
        lambda found: f"{found[1]}{found[2]}{found[3]}{MASK}" if is_query_secret(found[2]) else found[0], text
    )


_SCHEME_WORDS = (
    *("bearer", "dpop", "negotiate", "ntlm", "ssws", "apikey", "api-key", "googlelogin", "basic", "token"),
    *("hawk", "mac ", "digest", "aws4", "oauth", "signature"),
)
# What a text (in lower case) must have for a pass to be worth it.
_PASSES: tuple[tuple[tuple[str, ...], _Pass], ...] = (
    (("-----begin", "---- begin", "putty-user"), mask_keys),
    (("[parameters: ",), mask_parameters),
    (
        ("[generated in ", "[cached since ", "[no key ", "[caching dis", "[raw sql"),
        mask_cached,
    ),
    (("$1 = ",), mask_placed),
    (("[sql: ", "statement", "query: ", "execute "), mask_statements),
    (("insert",), mask_inserts),
    (("key (", "row contains", "row data", "invalid tuple"), mask_rows),
    (
        (
            "query argument",
            "for type",
            "for enum",
            "for encoding",
            "duplicate entry",
            "with base",
            "to float",
            "port could",
        ),
        mask_echoed,
    ),
    ((":/",), _urls),
    (("@",), _bare_logins),
    # Before the queries, which end at a blank: `?auth=Bearer x`.
    (_SCHEME_WORDS, mask_schemes),
    (("?", "&", "%3f"), _queries),
    (("identified ",), lambda text: _IDENTIFIED.sub(rf"\g<1>'{MASK}'", text)),
    (("login ",), lambda text: _NETRC.sub(rf"\g<1>{MASK}", text)),
    ((" -u", "--user", "--proxy-user", "\t-u"), lambda text: _CURL.sub(rf"\g<1>{MASK}", text)),
    (("'-", '"-'), lambda text: _ARGUMENTS.sub(rf"\g<1>{MASK}", text)),
    (("mysql", "mariadb"), lambda text: _MYSQL.sub(rf"\g<1>{MASK}", text)),
    ((":",), lambda text: _PGPASS.sub(rf"\g<1>{MASK}", text)),
    (("key", "secret", "token", "passw", "passphrase", "credential", "jwt", "signature", "session id"), _told_apart),
    (("=", "true", "false", "value"), mask_cookies),
    (("__host-", "__secure-"), lambda text: _HOST_COOKIE.sub(rf"\g<1>{MASK}", text)),
    (("credential", "basicauth"), lambda text: _POSITIONAL.sub(rf"\g<1>{MASK}", text)),
    (("create(",), lambda text: _CREATED.sub(rf"\g<1>{MASK})", text)),
)

# A literal ends at its quote, be that on another line; without one, with the line. Inside of another its quotes are
# escaped.
_QUOTED = regex(
    r"(?<![\w\\])[bfrBFR]{0,2}(?:'(?:[^'\\]|\\.)*+'|\"(?:[^\"\\]|\\.)*+\"|['\"][^\n]*+|"
    r"\\{1,16}+(?:'[^'\n]*+'?|\"[^\"\n]*+\"?))",
    re.DOTALL,
)
# Names of code and of a schema, as Python and PostgreSQL quote them: without them nobody knows what is meant.
_NAMED_BEFORE = regex(
    r"(?:\b(?:No module named|cannot import name '\w{1,100}' from|cannot import name|keyword argument|positional arguments?:|"
    r"no attribute|local variable|type object|module|name|relation|column|constraint|table|schema|sequence|extension) )\Z"
)
_NAMED_AFTER = regex(r" (?:object (?:has|is|does|of)\b|is not defined|has no attribute)")
_NAME = regex(r"(['\"])[^\W\d][\w.]{0,100}\1")
_OWN_WORD = regex(r"(?:\bname|\bmodule|\btype object) \Z")


def without_literals(text: str) -> str:
    """The text without what stands in quotes, names of code apart: of a message nobody knows, that may be anybody's
    data."""

    def masked(found: re.Match[str]) -> str:
        return found[0] if _NAME.fullmatch(found[0]) and _is_of_code(text, found) else f"'{MASK}'"

    return _QUOTED.sub(masked, text)


def _is_of_code(text: str, found: re.Match[str]) -> bool:
    before = text[max(0, found.start() - 140) : found.start()]
    after = _NAMED_AFTER.match(text, found.end()) is not None
    # `name 'x'` may be a person's.
    return after if _OWN_WORD.search(before) and "import" not in before else after or bool(_NAMED_BEFORE.search(before))


_KEYED = regex(r"(?:^|(?<=[\s?&;]))([\w.-]{1,64})\s{0,8}=\s{0,8}")
_NEXT_KEY = regex(r"\s{1,8}\w{1,64}\s{0,8}=|&[\w.-]{1,64}=")
_WHOLE_USERINFO = regex(r"(?s)^(\s{0,40}(?:[\w+.-]{1,40}:?//)?[^:/@]*+):(?!//).*@")
_NO_HOST = regex(r"(?s)^(\s{0,40}[\w+.-]{1,40}:?//[^:/@\[\]]*+):(?!\d{1,9}(?:[/?,]|$)).*")


def redact_dsn(dsn: str) -> str:
    """A whole connection string, however badly written, fit to be shown."""
    shown = _without_keyed(dsn[:_LONGEST_DSN])
    if "@" in shown:
        return _WHOLE_USERINFO.sub(rf"\g<1>:{MASK}@", shown)
    return _NO_HOST.sub(rf"\g<1>:{MASK}", shown)


def _without_keyed(dsn: str) -> str:
    """Without the values of keywords that hold a secret, up to the next keyword."""
    parts, position = [], 0
    while keyed := _KEYED.search(dsn, position):
        following = _NEXT_KEY.search(dsn, keyed.end())
        stop = following.start() if following else len(dsn)
        if strength(keyed[1]) and stop > keyed.end():
            parts += [dsn[position : keyed.end()], MASK]
            position = stop
        else:
            parts.append(dsn[position : keyed.end()])
            position = keyed.end()
    return "".join(parts) + dsn[position:]
