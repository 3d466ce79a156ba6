"""Which names hold a secret: of variables, settings, headers, columns, query parameters; knows no values."""

from __future__ import annotations

import re

from forge_doctor.regex import regex

# Where in a text without capitals such a name may stand: each name that `strength` knows has one of these in it. One
# branch for each first letter, and no case to fold: an alternation of words that fold it takes twenty times as long.
HINTS = regex(
    r"p(?:ass|w|sw|sk|in(?![a-z])|arol)|t(?:oken|icket)|c(?:red|ookie|srf|vv|vc|ontrase|ode[\W_]?verifier|ard[\W_]?number)|"
    r"s(?:ecret|ess|id\b|as(?![a-z])|ig(?![a-z])|ignature|sn|alt|eed|aml[\W_]?response|enha|ecurity[\W_]?code)|"
    r"a(?:uth|ssertion)|k(?:ey|ennwort)|jwt|bearer|otp|xsrf|nonce|mnemonic|wachtwoord|hsec|recovery[\W_]?code|input",
    re.ASCII,
)
_PART = regex(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+|[^\W\dA-Za-z_]+")

# Whatever else the name says.
_ANYWHERE = (
    *("passw", "passphrase", "passcode", "secret", "credential", "authorization", "cookie", "jwt", "mnemonic"),
    *("sessionid", "sessid", "sessionkey", "csrf", "xsrf", "kennwort", "wachtwoord", "contrase", "codeverifier"),
    *("clientassertion", "samlresponse", "seedphrase", "recoverycode", "securitycode", "cardnumber"),
    *("scramclientkey", "scramserverkey"),
    # `api_key`, `AccountKey`, `x-api-key`: joined, since that is how they are compared.
    *(f"{word}key" for word in ("api", "access", "account", "auth", "private", "shared", "signing", "encryption")),
    *(f"{word}key" for word in ("master", "storage", "license", "webhook", "deploy", "service", "hmac", "host", "ssh")),
)
_WORDS = frozenset(
    {
        "pwd",
        "pswd",
        "psw",
        "pw",
        "psk",
        "creds",
        "cred",
        "token",
        "tokens",
        "bearer",
        "cvv",
        "cvc",
        "ssn",
        "otp",
        "totp",
    }
    | {"senha", "parol", "parola", "hsec", "apikey", "passkey"}
)
# Only where the name is quoted or set with `=`: elsewhere they are words, or the names of loggers.
_WEAK = frozenset(
    {"auth", "authz", "authn", "sid", "sig", "signature", "pin", "salt", "nonce", "assertion", "ticket", "seed", "sas"}
)
_NO_PASS = frozenset({"passed", "passes", "passing", "passive", "passenger", "passthrough", "passage", "passport"})
_ENDS_IN_PASS = frozenset({"bypass", "compass", "trespass", "surpass", "encompass", "underpass", "overpass"})
# What a name is about that says something *of* a secret.
_OF = frozenset(
    {"type", "name", "length", "len", "count", "expires", "expiry", "ttl", "endpoint", "version", "path", "file"}
    | {"field", "minutes", "seconds", "age", "size", "limit", "policy", "algorithm", "alg", "status", "required"}
    | {
        "error",
        "exception",
        "warning",
        "method",
        "mode",
        "scheme",
        "attrs",
        "mechanism",
        "encryption",
        "factory",
        "in",
        "at",
    }
)
_OF_INPUT = frozenset({"input", "inputvalue"})
_WHOLE_LINE = ("authorization", "cookie", "cookies", "passphrase", "mnemonic", "seedphrase")
_ONLY_IN_QUERIES = frozenset(
    {"code", "key", "sig", "sid", "state", "hash", "otp", "ticket", "auth", "sas", "k", "s", "pw"}
)

NONE, WEAK, STRONG = range(3)
_SMALL = {ord(letter): letter.lower() for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}


def in_small_letters(text: str) -> str:
    """The text with A to Z as a to z, each character in its place."""
    return text.lower() if text.isascii() else text.translate(_SMALL)


def strength(name: str) -> int:
    """How surely what a name is given is a secret: `STRONG`, `WEAK` (where it is quoted or set with `=`) or `NONE`."""
    parts = [part.lower() for part in _PART.findall(name)]
    if not parts or parts[-1] in _OF:
        return NONE
    joined = "".join(parts)
    if joined.endswith(("file", "path")) or joined in ("requireauth", "pgrequireauth"):
        return NONE
    if any(word in joined for word in _ANYWHERE) or not _WORDS.isdisjoint(parts):
        return STRONG
    if "token" in joined and "tokeni" not in joined and "tokenclass" not in joined:
        return STRONG
    if any(part.startswith("pass") and part not in _NO_PASS for part in parts):
        return STRONG
    if joined.endswith(("pass", "pwd")) and parts[-1] not in _ENDS_IN_PASS:
        return STRONG
    return WEAK if parts[-1] in _WEAK or joined in _OF_INPUT else NONE


def counts(name: str) -> bool:
    """Whether the name may as well be that of a number of things: `max_tokens`."""
    return name.lower().endswith(("tokens", "passes"))


def takes_line(name: str) -> bool:
    """Whether what it is given has spaces in it and goes on to the end of the line."""
    return "".join(part.lower() for part in _PART.findall(name)).endswith(_WHOLE_LINE)


def is_query_secret(name: str) -> bool:
    """Whether a parameter of a URL's query is a secret; there, short names are."""
    return name.lower() in _ONLY_IN_QUERIES or strength(name) > NONE
