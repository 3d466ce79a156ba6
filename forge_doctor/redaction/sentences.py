"""Values that a sentence quotes: what could not be converted, what is there already, the token that is too old."""

from __future__ import annotations

from forge_doctor.redaction.shapes import MASK
from forge_doctor.regex import regex

# The word and what it means, with some others in between; a name of something else is none.
_TOLD_APART = regex(
    r"(?i)\b((?:api[ _-]?|access[ _-]?|secret[ _-]?)key|secret|token|password|passphrase|credentials?|jwt|signature|session id)"
    r"(?=(?P<between>[^'\"`\n]{1,80})(?P<quote>['\"`])[^\s'\"`]{8,200}(?P=quote))"
)
_TOLD = regex(r"(?=[^\d]{0,200}\d)(?=[^A-Za-z]{0,200}[A-Za-z])[^\s'\"`]{8,200}")
_SAID = regex(
    r"(?i)(\b(?:api|access|secret|private|auth|session|account|license|signing|encryption|service|master)[ ](?:access )?"
    r"(?:key|token|password|id)(?: is| was|:|=| =| ->) {0,4})([^\s'\"`,;]{8,200})"
)
_NAMES_ELSE = regex(
    r"(?i)\b(?:user|role|database|relation|column|host|name|file|type|class|field|table|module|attribute|id|for|of|in|from|by) \Z"
)
_ECHOED_VALUE = regex(
    r"(?i)(\bquery argument \$\d{1,5}(?: in element #\d{1,9} of executemany\(\) sequence)?: )[^\n]{1,}?"
    r"(?= \([^()\n]{1,200}\)\s{0,4}(?:\n|\Z)|\n|\Z)"
    r"|(\binvalid (?:input|byte) (?:syntax|value|sequence) for (?:type|enum|encoding) [^\n:]{1,60}: )\"[^\n]{1,}+"
    r"|(\b(?:malformed (?:array|record|range|multirange) literal: |field value out of range: ))\"[^\n]{1,}+"
    r"|(\bJSON data, line \d{1,9}: )[^\n]{1,}+"
    r"|(\b(?:value|token) )\"[^\n]{1,1000}?\"(?= is (?:out of range|invalid))"
    r"|(\bDuplicate entry )'[^\n]{1,1000}?'(?= for key)"
    r"|(\binvalid literal for int\(\) with base \d{1,2}: |\bcould not convert string to float: |"
    r"\bPort could not be cast to integer value as )[^\n]{1,}+"
)


def mask_told(text: str) -> str:
    """Without a token that is quoted some words after the word for it: `the token of this request, 'x9...', is old`."""
    parts, position = [], 0
    while found := _TOLD_APART.search(text, position):
        begin = found.end("quote")
        value = _TOLD.match(text, begin)
        masked = value is not None and not _NAMES_ELSE.search(found["between"])
        parts += [text[position:begin], MASK] if masked and value else [text[position:begin]]
        position = value.end() if masked and value else begin
    return "".join(parts) + text[position:]


def mask_said(text: str) -> str:
    """Without what follows `API key: ` or `the access key is `, where it is no word."""
    return _SAID.sub(lambda found: found[1] + (MASK if _TOLD.fullmatch(found[2]) else found[2]), text)


def mask_echoed(text: str) -> str:
    """The text without a value that could not be converted or is there already."""
    return _ECHOED_VALUE.sub(lambda found: next(filter(None, found.groups())) + MASK, text)
