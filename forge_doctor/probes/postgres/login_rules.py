"""What a server may ask for at the login before anything secret is sent; judges its messages, sends nothing itself."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

from forge_doctor.dataclass import dataclass
from forge_doctor.errors import CannotInspect

OK, CLEARTEXT, MD5, GSS, SSPI, SASL, SASL_CONTINUE, SASL_FINAL = 0, 3, 5, 7, 9, 10, 11, 12
# libpq's words for them (require_auth).
METHODS = ("none", "password", "md5", "gss", "sspi", "scram-sha-256", "oauth")
WORD_OF = {OK: "none", CLEARTEXT: "password", MD5: "md5", GSS: "gss", SSPI: "sspi", SASL: "scram-sha-256"}
# A server's default is 4096; what a hostile one asks for would take hours.
MOST_ITERATIONS = 1_000_000
LARGEST_MESSAGE = 1 << 20
_ITERATIONS = re.compile(rb"(?:^|,)i=([0-9]{1,10})(?:,|$)")


class LoginRefused(CannotInspect):
    """The server asked for what it is not given; nothing secret was sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginRules:
    """Which methods are accepted (`require_auth`; empty: any), and who must own the socket (`requirepeer`)."""

    methods: frozenset[str] = frozenset()
    peer: str = ""

    def refusal(self, body: bytes, *, is_private: bool, authenticated: bool) -> str:
        """Why the server's authentication message is not answered; empty where it may be.

        `is_private`: nobody between reads along (TLS, or a socket of this host).
        """
        asked = struct.unpack("!i", body[:4])[0] if len(body) >= 4 else -1
        if asked in (SASL_CONTINUE, SASL_FINAL):
            return _unending(body) if asked == SASL_CONTINUE else ""
        word = WORD_OF.get(asked, f"method {asked}")
        if asked == OK:
            return "" if authenticated or not self.methods or "none" in self.methods else _not_required(word, self)
        if self.methods and word not in self.methods:
            return _not_required(word, self)
        if asked == CLEARTEXT and not is_private and "password" not in self.methods:
            return (
                "the server demands the password in clear, and the connection is not encrypted: it was not sent; "
                "pass sslmode=require, or allow it with require_auth=password"
            )
        return ""


def _not_required(word: str, rules: LoginRules) -> str:
    asked = "lets in without asking for a password" if word == "none" else f"asks for {word}"
    return f"the server {asked}, and require_auth={','.join(sorted(rules.methods))} rules that out: nothing was sent"


def _unending(body: bytes) -> str:
    found = _ITERATIONS.search(body[4:])
    if found is None:
        return "the password exchange failed: the server's message gives no number of iterations"
    if int(found[1]) > MOST_ITERATIONS:
        return f"the password exchange was given up: the server asks for {int(found[1]):,} iterations"
    return ""


def parse_methods(written: str) -> frozenset[str]:
    """What `require_auth` lets through: `scram-sha-256,md5`, or all but some: `!password`; raises `ValueError`."""
    words = [word.strip() for word in written.split(",") if word.strip()]
    barred = {word[1:] for word in words if word.startswith("!")}
    wanted = {word for word in words if not word.startswith("!")}
    unknown = sorted((barred | wanted) - set(METHODS))
    if unknown or (barred and wanted):
        raise ValueError(unknown[0] if unknown else "methods with and without ! do not go together")
    return frozenset(set(METHODS) - barred if barred else wanted)


class Messages:
    """Takes a server's stream apart as it arrives, up to the end of the login."""

    def __init__(self) -> None:
        self._waiting = bytearray()
        self.done = False

    def feed(self, data: bytes) -> Iterator[tuple[bytes, bytes]]:
        """The messages that are complete now; a size that none has at a login raises `ValueError`."""
        if self.done:
            return
        self._waiting += data
        while len(self._waiting) >= 5:
            kind, size = bytes(self._waiting[:1]), struct.unpack("!i", self._waiting[1:5])[0]
            if not 4 <= size <= LARGEST_MESSAGE:
                raise ValueError(f"a message of {size} bytes")
            if len(self._waiting) <= size:
                return
            body = bytes(self._waiting[5 : size + 1])
            del self._waiting[: size + 1]
            if kind == b"Z":
                self.done = True
                self._waiting.clear()
            yield kind, body
            if self.done:
                return
