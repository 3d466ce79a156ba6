"""The client's side of PostgreSQL's password exchanges, md5 and SCRAM-SHA-256 (RFC 5802, 7677); it stores nothing."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import unicodedata
from collections.abc import Generator

from forge_doctor.probes.postgres.target import Secret

MECHANISM = "SCRAM-SHA-256"
NO_CHANNEL_BINDING = "n,,"


class ScramProblem(Exception):
    """The server broke the exchange, or does not know the password itself."""


def md5_answer(user: str, password: Secret, salt: bytes) -> bytes:
    """`md5` + md5(md5(password + user) + salt), as the server asks for it."""
    inner = _md5(password.reveal().encode() + user.encode())
    return b"md5" + _md5(inner + salt)


def scram(password: Secret) -> Generator[bytes, bytes, None]:
    """The client's two messages: each `send` takes what the server said to the one before.

    Returns when the server has proved that it knows the password; raises `ScramProblem` where it has not.
    """
    nonce = secrets.token_urlsafe(18)
    first_bare = f"n=,r={nonce}"  # PostgreSQL takes the user's name from the start-up message
    server_first = (yield f"{NO_CHANNEL_BINDING}{first_bare}".encode()).decode()
    fields = _fields(server_first)
    if not fields["r"].startswith(nonce) or fields["r"] == nonce:
        raise ScramProblem("the server's nonce does not continue ours")
    salted = hashlib.pbkdf2_hmac("sha256", _prepared(password), base64.b64decode(fields["s"]), int(fields["i"]))
    final_bare = f"c={base64.b64encode(NO_CHANNEL_BINDING.encode()).decode()},r={fields['r']}"
    signed = f"{first_bare},{server_first},{final_bare}".encode()
    proof = base64.b64encode(_proof(salted, signed)).decode()
    server_final = _fields((yield f"{final_bare},p={proof}".encode()).decode())
    expected = _hmac(_hmac(salted, b"Server Key"), signed)
    if not hmac.compare_digest(base64.b64decode(server_final["v"]), expected):
        raise ScramProblem("the server does not know the password itself")


def _proof(salted: bytes, signed: bytes) -> bytes:
    client_key = _hmac(salted, b"Client Key")
    signature = _hmac(hashlib.sha256(client_key).digest(), signed)
    return bytes(key ^ sign for key, sign in zip(client_key, signature, strict=True))


def _fields(message: str) -> dict[str, str]:
    found = {part[:1]: part[2:] for part in message.split(",")}
    wanted = {"v"} if "v" in found else {"r", "s", "i"}
    if not wanted <= found.keys():
        raise ScramProblem(f"the server's message lacks {', '.join(sorted(wanted - found.keys()))}")
    return found


def _prepared(password: Secret) -> bytes:
    """SASLprep's normal form, which differs from the bytes only outside ASCII."""
    return unicodedata.normalize("NFKC", password.reveal()).encode()


def _md5(data: bytes) -> bytes:
    return hashlib.md5(data, usedforsecurity=False).hexdigest().encode()


def _hmac(key: bytes, data: bytes) -> bytes:
    return hmac.digest(key, data, "sha256")
