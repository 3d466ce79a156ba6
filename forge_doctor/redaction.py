"""Takes secrets out of text on its way to the user or to a file; it would rather hide too much than too little.

One pass for each way in which a secret shows: by its own shape (`secret_shapes`), by the name it is given to
(`secret_names`, `secret_values`), by where in a URL, a statement or a server's sentence it stands. Every pass takes time
in proportion to the text: what is unbounded in a pattern is possessive, what may be tried again is bounded.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from forge_doctor.regex import regex
from forge_doctor.secret_names import STRONG, is_query_secret, strength
from forge_doctor.secret_shapes import MASK, mask_cookies, mask_keys, mask_random, mask_schemes, mask_tokens
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

_PARAMETERS = regex(r"\[parameters: (?!\*\*\*\])")
_PARAMETERS_END = regex(
    r"\](?=[ \t]{0,8}(?:\(Background|\n\(Background|\n\s{0,40}\n|\n?\Z|\n[\w ]{0,40}Traceback|\n\d{1,4}[-/:]\d\d))"
)
_ECHOED = regex(r"\[(?:generated in |cached since |no key |caching disabled |raw sql)[^\]\n]{0,80}\] {1,4}[^\n]{1,}+")
_PLACED = regex(r"(?i)\b(parameters:? )(\$1 = )[^\n]{1,}+(?:\n\t[^\n]*+)*+")
_PLACE = regex(r"(\$\d{1,5} = )(?:'(?:[^']|'')*+'?|[^,\n]{1,}+)")
_STATEMENT = regex(
    r"(?:\[SQL: |\b(?:STATEMENT|statement|QUERY|Query|SQL statement)(?: \w{1,64})?: {0,4}|\bexecute [^\s:]{1,64}: |"
    r"\bSQL statement \")"
)
_SQL_END = regex(r"\](?=\s{0,8}(?:\n|\Z|\[parameters|\(Background))")
_STATEMENT_END = regex(r"\](?=\s{0,8}(?:\n|\Z|\[parameters|\(Background))|\n(?!\t|[ ]{2,})")
_LITERAL = regex(r"(?:\b[eEbBxXuU]&?)?'(?:[^']|'')*+'?|\$(?:\w{1,20})?\$[^$]*+\$(?:\w{1,20})?\$")
_ROW_KEY = regex(r"(?i)\bkey \(([^\n]{1,300}?)\)=\(")
_ROW_KEY_END = regex(
    r"\)(?= (?:already exists|is not present|is still referenced|conflicts with|is duplicated|does not exist))"
)
_ROW = regex(r"(?i)(?:failing row contains |row data: |invalid tuple )\(")
_ROW_END = regex(r"\)(?=\.?[ \t]{0,8}(?:\n|\Z))")
_LONGEST_ROW = 4_000
_INSERT = regex(r"(?i)\binsert\s{1,20}into\s[^()'\n]{1,200}\(([^()']{1,2000})\)\s{0,40}values\s{0,40}\(")
_COLUMN = regex(r"\w{1,64}")
_ECHOED_VALUE = regex(
    r"(?i)(\bquery argument \$\d{1,5}(?: in element #\d{1,9} of executemany\(\) sequence)?: )[^\n]{1,}?"
    r"(?= \([^()\n]{1,200}\)\s{0,4}(?:\n|\Z)|\n|\Z)"
    r"|(\binvalid (?:input|byte) (?:syntax|value|sequence) for (?:type|enum|encoding) [^\n:]{1,60}: )\"[^\n]{1,}+"
    r"|(\bDuplicate entry )'[^\n]{1,1000}?'(?= for key)"
    r"|(\binvalid literal for int\(\) with base \d{1,2}: |\bcould not convert string to float: |"
    r"\bPort could not be cast to integer value as )[^\n]{1,}+"
)

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


def mask_parameters(text: str) -> str:
    """The text without what stands in `[parameters: ...]`."""
    parts, position = [], 0
    while begin := _PARAMETERS.search(text, position):
        end = _PARAMETERS_END.search(text, begin.end())
        parts += [text[position : begin.start()], f"[parameters: {MASK}]"]
        position = end.end() if end else len(text)
    return "".join(parts) + text[position:]


def mask_placed(text: str) -> str:
    """The text without the values of `parameters: $1 = ...`."""
    return _PLACED.sub(lambda found: found[1] + _PLACE.sub(rf"\g<1>{MASK}", found[0][len(found[1]) :]), text)


def mask_statements(text: str) -> str:
    """The text without the quoted literals of the statements in it, each up to where it ends."""
    parts, position = [], 0
    while begin := _STATEMENT.search(text, position):
        end = (_SQL_END if begin[0][0] == "[" else _STATEMENT_END).search(text, begin.end())
        stop = end.start() if end else len(text)
        parts += [text[position : begin.end()], _LITERAL.sub(f"'{MASK}'", text[begin.end() : stop])]
        position = stop
    return "".join(parts) + text[position:]


def mask_inserts(text: str) -> str:
    """The text without the literals of an INSERT that names a column of secrets, up to its semicolon."""
    parts, position = [], 0
    while begin := _INSERT.search(text, position):
        end = text.find(";", begin.end(), begin.end() + _LONGEST_ROW)
        stop = end if end >= 0 else min(len(text), begin.end() + _LONGEST_ROW)
        rest = text[begin.end() : stop]
        secret = any(strength(name) == STRONG for name in _COLUMN.findall(begin[1]))
        parts += [text[position : begin.end()], _LITERAL.sub(f"'{MASK}'", rest) if secret else rest]
        position = stop
    return "".join(parts) + text[position:]


def mask_rows(text: str) -> str:
    """The text without the values of rows and keys that an error quotes."""
    return _between(_between(text, _ROW_KEY, _ROW_KEY_END), _ROW, _ROW_END)


def _between(text: str, begin_of: re.Pattern[str], end_of: re.Pattern[str]) -> str:
    """The text without what stands between two marks; where the second is missing, without the rest of the line."""
    parts, position = [], 0
    while begin := begin_of.search(text, position):
        end = end_of.search(text, begin.end(), begin.end() + _LONGEST_ROW)
        stop = end.start() if end else _line_end(text, begin.end())
        parts += [text[position : begin.end()], MASK]
        position = stop
    return "".join(parts) + text[position:]


def _line_end(text: str, begin: int) -> int:
    found = text.find("\n", begin)
    return len(text) if found < 0 else found


def mask_echoed(text: str) -> str:
    """The text without a value that could not be converted or is there already."""
    return _ECHOED_VALUE.sub(lambda found: (found[1] or found[2] or found[3] or found[4]) + MASK, text)


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
        lambda text: _ECHOED.sub(f"[...] {MASK}", text),
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
