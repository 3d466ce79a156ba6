"""The words that name a level, and how they stand in a record's head; decides nothing about what follows them."""

from __future__ import annotations

import re

from forge_doctor.regex import regex
from forge_doctor.streams.heads.head import level_of

WORDS = rb"TRACE|DEBUG\d?|INFO|SUCCESS|NOTICE|LOG|WARNING|WARN|ERROR|EXCEPTION|CRITICAL|CRIT|FATAL|PANIC|ALERT|EMERGENCY|SEVERE"
SERVER_WORDS = rb"STATEMENT|DETAIL|HINT|CONTEXT|QUERY|LOCATION"
LEVEL = regex(
    rb"(?:^|[\s\[|(:=])\[?(" + WORDS + rb"|" + SERVER_WORDS + rb")(?=[\s\]|:;,)/]|\+\d|$)"
    rb"|\[(debug|info|warning|error|critical|exception|notset) *\]"
    # Between signs of whatever kind, by which a format sets it apart.
    rb"|(?:^[<{\"'*#~=-]{0,3}|[\s\]|>)}:,;-][<{\"'*#~=-]{1,3})(" + WORDS + rb") {0,8}(?=[>}\"'*#~=-]{1,3}(?:[^\w\n]|$))"
)


def found_level(found: re.Match[bytes]) -> int:
    """The level that a match of `LEVEL` names."""
    return level_of(found[found.lastindex or 0])
