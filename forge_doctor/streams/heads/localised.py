"""Reads what PostgreSQL writes where its `lc_messages` is not English: words for severities, and its commonest messages.

Source: the translations of PostgreSQL 15 and 16 to German, Spanish, French, Japanese, Russian and Chinese, those of 9.4 and 16
to Brazilian Portuguese, and SQLSTATE where the log gives it. What is not known stays as it is written.
"""

from __future__ import annotations

import functools
import re

from forge_doctor.regex import leftmost, regex
from forge_doctor.streams.heads.localised_phrases import BY_STATE, CALLED, PHRASES, SEVERITIES

LONGEST, LONGEST_NAME = 2_000, 200
_NAME = r'(?:[«»"“”„][ \u00a0]?([^«»"“”„\n]{1,100}?)[ \u00a0]?[«»"“”„]|([^\s«»"“”„]{1,100}))'
_WORDS = "|".join(sorted((re.escape(word) for word in (*SEVERITIES, *CALLED)), key=len, reverse=True))
_SEVERITY = regex(rf"(?:^|[\s\]|:,)])({_WORDS})(?: |\xc2\xa0)?:  ".encode())
_STATE = regex(rb"(?:^|(?<=[\s|:,(=])|(?<=\[)(?=\d{2}[0-9A-Z]{0,2}[A-Z]))([0-9A-Z]{5})(?=[\s\]|:,)]|$)")
_LEVELS = {word.encode(): english for word, english in (SEVERITIES | CALLED).items()}
LOUD = tuple(word.encode() for word, english in SEVERITIES.items() if english in ("ERROR", "FATAL", "PANIC"))
"""What a line at ERROR or above has in it."""
_COLONS = (":  ", " :  ", "\u00a0:  ")
STATEMENTS = tuple(
    f"{word}{colon}".encode()
    for word, english in CALLED.items()
    for colon in _COLONS
    if english in ("STATEMENT", "QUERY")
)
OTHERS = tuple(
    f"{word}{colon}".encode()
    for word, english in CALLED.items()
    for colon in _COLONS
    if english not in ("STATEMENT", "QUERY")
)


def severity(text: bytes) -> tuple[re.Match[bytes], bytes] | None:
    """Where a word for a severity stands, and which English one it is for; None where none does."""
    if text.isascii() and b":  " not in text:
        return None
    found = _SEVERITY.search(text)
    return None if found is None else (found, _LEVELS[found[1]].encode())


def state_in(text: bytes) -> str:
    """The SQLSTATE in what stands before a severity, where `log_line_prefix` has it; a process's number is none."""
    states = (found[1].decode() for found in _STATE.finditer(text))
    return next((one for one in states if one in BY_STATE), "")


def in_english(message: str, state: str = "") -> str:
    """The message with what is known of it in English; one of which only the SQLSTATE is known is what that says."""
    known = _known(message.isascii())
    for at, anchor in leftmost(known, message[:LONGEST]):
        for pattern, english in known[anchor]:
            found = pattern.search(message, max(0, at - LONGEST_NAME), at + len(anchor) + LONGEST_NAME)
            if found is not None:
                told = english.format(*filter(None, found.groups()))
                before, _, _ = message[: found.start()].rpartition(": ")
                _, end, behind = message[found.end() :].partition("\n")
                return "".join((before, ": " if before else "", told, end, behind))
    return BY_STATE.get(state, message)


def is_known(message: str) -> bool:
    """Whether a text may have one of the messages in it."""
    beginning = message[:LONGEST]
    return any(anchor in beginning for anchor in _known(message.isascii()))


def loud_words(english: tuple[str, ...]) -> tuple[bytes, ...]:
    """What is looked for to find messages that are told at any severity."""
    return tuple(_longest(one).strip().encode() for message in english for one in PHRASES[message])


@functools.cache
def _known(ascii_only: bool) -> dict[str, list[tuple[re.Pattern[str], str]]]:
    """By what is longest in them: the messages, or those a text in ASCII may have, as patterns, and what they are in English."""
    known: dict[str, list[tuple[re.Pattern[str], str]]] = {}
    for english, others in PHRASES.items():
        for one in others:
            if (anchor := _longest(one)).isascii() or not ascii_only:
                pattern = _NAME.join(re.escape(part) for part in one.split("{}"))
                known.setdefault(anchor, []).append((regex(pattern), english))
    return known


def _longest(message: str) -> str:
    return max(message.split("{}"), key=len)
