"""Takes off what GitHub makes of a console's table that is pasted into an issue: a rule of dashes, and a bar before each row.

The first row of a group stands as it was, `--` below it; the others have an empty first column: `  | the line`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from forge_doctor.regex import regex

_RULE = regex(rb"-- ?(?:\| -- ?){0,8}\s*$")
_ROW = regex(rb"(?:\xc2\xa0|[ \t]){1,4}\|(?: |\xc2\xa0|(?=[\r\n])|$)")
MOST_BETWEEN = 5


def has_pasted_rows(lines: Sequence[bytes]) -> bool:
    """Whether a rule stands near the beginning, and each run of rows below one: the bars of an exception's group have none."""
    told = [line for line in lines if line.strip()][:500]
    rules = [_is_rule(line) for line in told]
    rows = [_ROW.match(line) is not None for line in told]
    if True not in rules[: MOST_BETWEEN + 1] or True not in rows:
        return False
    begun = [rules[at - 1] for at in range(1, len(told)) if rows[at] and not rows[at - 1]]
    return not rows[0] and all(begun)


def _is_rule(line: bytes) -> bool:
    return line[:2] == b"--" and _RULE.match(line) is not None


def without_bars(lines: Iterable[bytes]) -> Iterator[bytes]:
    """The lines as their program wrote them."""
    for line in lines:
        if _is_rule(line):
            continue
        found = _ROW.match(line)
        yield line if found is None else line[found.end() :]
