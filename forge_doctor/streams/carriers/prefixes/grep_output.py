"""Tells what grep puts before lines that it shows with their neighbours: a file's name, a number, `:` or `-` behind them.

A line that was found has `12:`, one beside it `13-`: no one text stands before all of them, but their numbers rise by one.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

from forge_doctor.regex import regex
from forge_doctor.streams.carriers.prefixes.prefix import Prefix
from forge_doctor.streams.carriers.prefixes.prefix_evidence import Knowledge

MOST_LINES, LEAST_LINES = 400, 3
_NUMBERED = rb"(?P<number>\d{1,9})(?P<sign>[:-])"
_BARE = regex(_NUMBERED)
_NAMED = regex(rb"(?P<n0>[^\s:][^\n:]{0,200}?)(?P<before>[:-])" + _NUMBERED)
_BETWEEN = b"--"


def learn_grepped(lines: Sequence[bytes], knowledge: Knowledge) -> Prefix | None:
    """The prefix of lines that grep shows with `-n` and their neighbours; None where they are none."""
    shown = [line for line in lines[:MOST_LINES] if line.rstrip(b"\r") not in (b"", _BETWEEN)]
    for pattern in (_BARE, _NAMED):
        found = [one for line in shown if (one := pattern.match(line))]
        if len(found) >= LEAST_LINES and 10 * len(found) >= 9 * len(shown) and _rise(found):
            return Prefix(
                pattern=re.compile(b"^(?:" + pattern.pattern + rb"|--(?=\r?$))", re.MULTILINE),
                example=found[0][0],
                names=("n0",) if "n0" in pattern.groupindex else (),
                timed=False,
                knowledge=knowledge,
            )
    return None


def _rise(found: Sequence[re.Match[bytes]]) -> bool:
    """Whether numbers rise by one from line to line, with both signs among them, of which one belongs to one line."""
    pairs = list(itertools.pairwise(found))
    rising = sum(int(after["number"]) == int(one["number"]) + 1 for one, after in pairs)
    agreeing = all(one.groupdict().get("before", one["sign"]) == one["sign"] for one in found)
    return agreeing and len({one["sign"] for one in found}) > 1 and 3 * rising >= 2 * len(pairs)
