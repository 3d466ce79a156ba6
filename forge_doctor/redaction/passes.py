"""The passes a text goes through, one for each way in which a secret shows.

By its own shape (`shapes`, `cookies`), by the name it is given to (`names`, `values`), by where in a URL, a statement, a
sentence or a command line it stands. Every pass takes time in proportion to the text: what is unbounded in a pattern is
possessive, what may be tried again is bounded.
"""

from __future__ import annotations

from collections.abc import Callable

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
from forge_doctor.redaction.pairs import mask_defaults, mask_fields, mask_reversed
from forge_doctor.redaction.sentences import mask_echoed, mask_told
from forge_doctor.redaction.shapes import mask_keys, mask_random, mask_schemes, mask_tokens
from forge_doctor.redaction.sql.loose import mask_casts, mask_loose
from forge_doctor.redaction.sql.statements import (
    mask_identified,
    mask_inserts,
    mask_logged,
    mask_parameters,
    mask_placed,
    mask_rows,
    mask_secret_calls,
    mask_statements,
)
from forge_doctor.redaction.urls import mask_bare_logins, mask_queries, mask_urls
from forge_doctor.redaction.values import mask_named

# A secret that a cut goes through is no longer known for one: so much more is read than is kept.
_BEYOND_CUT = 2_000
_Pass = Callable[[str], str]


def redact(text: str, limit: int | None = None) -> str:
    """The text with every secret it may hold replaced by `***`; what is beyond `limit` characters is not looked at."""
    if limit is not None:
        text = text[: limit + _BEYOND_CUT]
    text = _through(_OF_DATA, _through(_PASSES, text))
    text = mask_random(mask_tokens(mask_told(mask_named(text))))
    return text if limit is None else text[:limit]


def redact_source(text: str) -> str:
    """Source, and what is said of it, without secrets; the literals of its statements are its own words and stay."""
    return mask_random(mask_tokens(mask_told(mask_named(_through(_PASSES, text)))))


def _through(passes: tuple[tuple[tuple[str, ...], _Pass], ...], text: str) -> str:
    plain = text.casefold()
    for marks, mask in passes:
        if any(mark in plain for mark in marks):
            text = mask(text)
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
    ((":/",), mask_urls),
    (("@",), mask_bare_logins),
    # Before the queries, which end at a blank: `?auth=Bearer x`.
    (_SCHEME_WORDS, mask_schemes),
    (("?", "&", "%3f"), mask_queries),
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
)
# What statements carry is data where they ran.
_OF_DATA: tuple[tuple[tuple[str, ...], _Pass], ...] = (
    (
        ("select", "where", "values", "between", "like", "merge", "delete", "update", "call", "with", "notify", ": ("),
        mask_loose,
    ),
    (("'::",), mask_casts),
)
