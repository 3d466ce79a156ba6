"""The passes a text goes through, one for each way in which a secret shows.

By its own shape (`shapes`, `cookies`), by the name it is given to (`names`, `values`), by where in a URL, a statement, a
sentence or a command line it stands. Every pass takes time in proportion to the text: what is unbounded in a pattern is
possessive, what may be tried again is bounded.
"""

from __future__ import annotations

from collections.abc import Callable

from forge_doctor.redaction.calls import mask_cards, mask_logins, mask_task_arguments
from forge_doctor.redaction.cookies import mask_cookies, mask_host_cookies
from forge_doctor.redaction.logins import (
    mask_arguments,
    mask_auth,
    mask_calls,
    mask_curl,
    mask_mysql,
    mask_netrc,
    mask_pgpass,
)
from forge_doctor.redaction.notation.escapes import layers, lost_words, read_escapes, without_words
from forge_doctor.redaction.pairs import mask_defaults, mask_fields, mask_reversed
from forge_doctor.redaction.sentences import mask_echoed, mask_said, mask_told
from forge_doctor.redaction.shapes import (
    mask_bots,
    mask_hashes,
    mask_keys,
    mask_random,
    mask_schemes,
    mask_tokens,
    mask_webhooks,
)
from forge_doctor.redaction.sql.loose import mask_casts, mask_loose
from forge_doctor.redaction.sql.rows import mask_copied, mask_rows
from forge_doctor.redaction.sql.statements import (
    mask_audited,
    mask_identified,
    mask_inserts,
    mask_logged,
    mask_parameters,
    mask_placed,
    mask_secret_calls,
    mask_statements,
)
from forge_doctor.redaction.urls import mask_bare_logins, mask_queries, mask_urls
from forge_doctor.redaction.values import mask_named

# A secret that a cut goes through is no longer known for one: so much more is read than is kept.
_BEYOND_CUT = 2_000
_Pass = Callable[[str], str]
# What a text has that was written into another.
_WRITTEN_INTO = ("\\", "%", "&", "''", '""', "\x1b")


def redact(text: str, limit: int | None = None) -> str:
    """The text with every secret it may hold replaced by `***`; what is beyond `limit` characters is not looked at."""
    if limit is not None:
        text = text[: limit + _BEYOND_CUT]
    text = _in_layers(text, _of_data)
    return text if limit is None else text[:limit]


def redact_source(text: str) -> str:
    """Source, and what is said of it, without secrets; the literals of its statements are its own words and stay."""
    return _in_layers(text, _of_source)


def _in_layers(text: str, mask: _Pass) -> str:
    text = read_escapes(text)
    shown = mask(text)
    if any(mark in text for mark in _WRITTEN_INTO):
        for layer in layers(text):
            shown = without_words(shown, lost_words(layer, mask(layer)))
    return shown


def _of_data(text: str) -> str:
    return _named(_through(_OF_DATA, _through(_PASSES, text)))


def _of_source(text: str) -> str:
    return _named(_through(_PASSES, text))


def _named(text: str) -> str:
    return mask_random(mask_tokens(_through(_BY_SHAPE, mask_named(text))))


def _through(passes: tuple[tuple[tuple[str, ...], _Pass], ...], text: str) -> str:
    plain = text.casefold()
    for marks, mask in passes:
        for mark in marks:
            if mark in plain:
                text = mask(text)
                break
    return text


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
        mask_logged,
    ),
    (("$1 = ",), mask_placed),
    (("[sql: ", "statement", "query: ", "execute "), mask_statements),
    ((" into",), mask_inserts),
    (("crypt", "hmac", "execute "), mask_secret_calls),
    ((" (", ")=("), mask_rows),
    (("copy ",), mask_copied),
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
            "literal: ",
            "range",
            "is invalid",
            "json data",
        ),
        mask_echoed,
    ),
    ((":/",), mask_urls),
    (("@",), mask_bare_logins),
    # Before the queries, which end at a blank: `?auth=Bearer x`.
    (_SCHEME_WORDS, mask_schemes),
    (("?", "&", "%3f"), mask_queries),
    (("audit: ",), mask_audited),
    (("identified ",), mask_identified),
    (("login ",), mask_netrc),
    (("auth ",), mask_auth),
    ((" -u", "--user", "--proxy-user", "\t-u"), mask_curl),
    (("'-", '"-'), mask_arguments),
    (("mysql", "mariadb"), mask_mysql),
    ((":",), mask_pgpass),
    (("=", "true", "false", "value"), mask_cookies),
    (("__host-", "__secure-"), mask_host_cookies),
    (("name", "key", "field", "param", "property", "variable", "header"), mask_fields),
    (("' ", '" ', "'=", '"=', "'<", "'!", '"!'), mask_reversed),
    (("default",), mask_defaults),
    (("credential", "basicauth", "create("), mask_calls),
    (("auth", "connect", "log", "sign", "bind", "__construct"), mask_logins),
    (("args", "callbacks"), mask_task_arguments),
    (("0", "1", "2", "3", "4", "5", "6", "7", "8", "9"), mask_cards),
)
# By what a sentence says of them and by their shape, when their names have been looked at.
_BY_SHAPE: tuple[tuple[tuple[str, ...], _Pass], ...] = (
    (("'", '"', "`"), mask_told),
    ((" key", " token", " password", " id"), mask_said),
    (("hook", "telegram.org", "chat.googleapis"), mask_webhooks),
    ((":a", "."), mask_bots),
    (("$", "key-", "md5", "sk", "ac"), mask_hashes),
)
# What statements carry is data where they ran.
_OF_DATA: tuple[tuple[tuple[str, ...], _Pass], ...] = (
    (
        ("select", "where", "values", "between", "like", "merge", "delete", "update", "call", "with", "notify", ": ("),
        mask_loose,
    ),
    (("'::",), mask_casts),
)
