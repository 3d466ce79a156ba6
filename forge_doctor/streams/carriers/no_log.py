"""Tells what is no log although it is text: a table of which no column has a program's lines, progress bars alone.

Of such a file nobody can say that nothing is wrong; guesses nothing of what has words in it that a program may have written.
"""

from __future__ import annotations

import csv
from collections.abc import Callable

from forge_doctor.regex import regex
from forge_doctor.streams.carriers.exports.csv_records import SEPARATORS, layout_of

LEAST_COLUMNS, LEAST_ROWS, MOST_ROWS = 3, 3, 50
LONGEST_HEADER, SHOWN_NAMES = 2_000, 6
_NAME = regex(r"[@_A-Za-z][\w .@/()\[\]%-]{0,60}$")
_VALUE = regex(r"[-+]?[\d.,:/%TZ+ -]{1,40}$")
# Requests are counted by their status, whatever else is there.
_ANSWER = ("status", "code")
_BAR = regex(
    rb"[^\n]{0,200}?(?:\d{1,3}%\s?\|[^|\n]{0,400}\|"
    rb"|[\xe2][\x94\x95\x96][\x80-\xbf]|\[[=#>. -]{5,200}\]|\d{1,3}(?:\.\d{1,2})?%)[^\n]{0,300}$"
)
# What went wrong, and how a test ended: pytest shows beside it how far it has come.
_TOLD = regex(
    rb"(?i:error|fail|exception|traceback|warn|fatal|critical|denied|refused|timed? ?out)|\b(?:PASSED|SKIPPED|XFAIL|XPASS)\b"
)


def why_no_log(sample: bytes, is_head: Callable[[bytes], bool], *, whole: bool) -> str:
    """Why nothing of a text could be read that begins so, or is all of it where it is `whole`; empty where it may be a log."""
    return _table(sample, is_head) or (_bars(sample, is_head) if whole else "")


def _table(sample: bytes, is_head: Callable[[bytes], bool]) -> str:
    first, _, rest = sample.partition(b"\n")
    if len(first) > LONGEST_HEADER or b"\r" in first.rstrip(b"\r") or is_head(first):
        return ""
    text = rest.rpartition(b"\n")[0].decode("utf-8", "replace").splitlines()[:MOST_ROWS]
    for separator in SEPARATORS:
        names = [
            name.strip() for name in next(csv.reader([first.decode("utf-8-sig", "replace")], delimiter=separator), [])
        ]
        if len(names) < LEAST_COLUMNS or len(set(names)) < len(names) or not all(map(_NAME.match, names)):
            continue
        if any(name.lower().endswith(_ANSWER) for name in names) or layout_of(sample) is not None:
            return ""
        rows = [row for row in csv.reader(text, delimiter=separator, strict=False) if row]
        if len(rows) < LEAST_ROWS or any(len(row) != len(names) for row in rows):
            continue
        if any(all(_VALUE.match(row[number].strip()) for row in rows) for number in range(len(names))):
            shown = ", ".join(names[:SHOWN_NAMES]) + (", ..." if len(names) > SHOWN_NAMES else "")
            return f"is a table, and no column is known to have a program's lines: {shown}"
    return ""


def _bars(sample: bytes, is_head: Callable[[bytes], bool]) -> str:
    lines = [line for line in sample.replace(b"\r", b"\n").split(b"\n") if line.strip()]
    if lines and all(_BAR.match(line) and not _TOLD.search(line) and not is_head(line) for line in lines):
        return "has nothing in it but progress bars: there is nothing to look at"
    return ""
