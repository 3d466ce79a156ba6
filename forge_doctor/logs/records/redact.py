"""Takes secrets out of text before anything is kept: passwords, tokens, bound parameters."""

from __future__ import annotations

import re

HIDDEN = "***"
# What a text (in lower case) must have for a rule to be worth trying, the rule, and what it leaves.
_RULES: tuple[tuple[tuple[str, ...], re.Pattern[str], str], ...] = (
    (
        ("://",),
        re.compile(r"(\b[a-z][a-z0-9+.-]*://[^\s:/@'\"]*:)[^\s'\"<>]*(?=@[\w.\[-])", re.IGNORECASE),
        rf"\1{HIDDEN}",
    ),
    (
        ("[generated in ", "[cached since "),
        re.compile(r"\[(?:generated in [^\]]*|cached since [^\]]*)\] +[(\[{].*"),
        "[...] ***",
    ),
    (
        ("[parameters: ",),
        re.compile(
            r"\[parameters: (?!\*\*\*\]).*?"
            r"(?:\](?=[ \t]*(?:\(Background|\n\(Background|\n\s*\n|\n?\Z|\n[\w ]*Traceback|\n\d))|\Z)",
            re.DOTALL,
        ),
        "[parameters: ***]",
    ),
    (
        ("bearer", "basic", "token"),
        re.compile(r"\b(Bearer|Basic|Token)(\s+)[A-Za-z0-9._~+/=-]{6,}", re.IGNORECASE),
        rf"\1\2{HIDDEN}",
    ),
    (("eyj",), re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*)?"), HIDDEN),
    (
        ("akia", "asia", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "sk-", "xoxa-", "xoxb-", "xoxp-"),
        re.compile(
            r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|\bgh[pousr]_[A-Za-z0-9]{20,}\b|\bsk-[A-Za-z0-9_-]{16,}|\bxox[abp]-[\w-]{10,}"
        ),
        HIDDEN,
    ),
    (
        (
            *("passw", "pwd", "secret", "token", "authorization", "cookie", "credential"),
            *(f"{word}{joint}key" for word in ("api", "access", "private") for joint in ("", "_", "-")),
        ),
        re.compile(
            r"(['\"]?\b[\w-]*(?:passw(?:or)?d|passwd|pwd|secret|api[_-]?key|access[_-]?key|auth[_-]?token|token|"
            r"authorization|cookie|sslpassword|private[_-]?key|credential)s?\b['\"]?\s*[=:]\s*)"
            r"(?:'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|(?!\*\*\*)[^\s,;&)}\]]+)",
            re.IGNORECASE,
        ),
        rf"\1{HIDDEN}",
    ),
    (("detail:",), re.compile(r"(?i)^(DETAIL:.*?Key \([^)]*\)=)\(.*\)", re.MULTILINE), rf"\1({HIDDEN})"),
)


def redact(text: str) -> str:
    """The text with every secret it may hold replaced by `***`."""
    plain = text.casefold()
    for marks, pattern, replacement in _RULES:
        if any(mark in plain for mark in marks):
            text = pattern.sub(replacement, text)
    return text
