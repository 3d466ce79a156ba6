"""Any piece of any log, in any carrier or behind any prefix: the problems, counts, culprits and times it has without.

A piece may begin in the midst of a traceback, and end in the midst of one or of a line.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from forge_doctor.streams.heads.line_head import read_head
from tests.streams.carriers.prefixes.test_learned_prefix import TIMES
from tests.streams.carriers.test_carriers import BEGIN, LOGS, TEXTS, answer, read
from tests.streams.carriers.test_nested import ALL, PREFIXES, RECORDS, inside
from tests.support.log_carriers import Lines, Wrap, before, stamp
from tests.support.log_reading import SAMPLES

# What no terminal broke, and what was not made one line of a record.
CARRIERS = sorted(name for name in TEXTS if not name.startswith(("folded", "terminal")))
BRACKETS = ("{}", "[{}]", "<{}>", "({})", "{{app={}}}", "{}:")
SIGNS = ("|", "-", "#", ">", "::")


def piece(order: random.Random) -> str:
    """Some lines of a log, the last perhaps cut off."""
    lines = (SAMPLES / order.choice(LOGS)).read_text().splitlines()
    begin = order.randrange(len(lines))
    *whole, last = lines[begin : begin + order.choice((20, 80, 200, 600))]
    return "\n".join([*whole, order.choice((last, last, last[: len(last) // 2]))])


def prefix(order: random.Random) -> Callable[[float], str]:
    """A prefix of names and signs, with a time perhaps."""

    def name() -> str:
        word = order.choice("abcdefgh") + "".join(order.choices("abcdef0123456789", k=order.randint(0, 7)))
        return order.choice(BRACKETS).format(word)

    parts = [order.choice((name(), name(), order.choice(SIGNS))) for _ in range(order.randint(0, 4))]
    form = order.choice(TIMES)
    timed_at = order.randint(0, len(parts)) if order.random() < 0.7 or not parts else -1
    blank, end = order.choice((" ", "\t", "  ")), order.choice((" ", " | ", ": ", "\t"))

    def at(moment: float) -> str:
        every = parts if timed_at < 0 else [*parts[:timed_at], stamp(moment, form), *parts[timed_at:]]
        return blank.join(every) + end

    return at


def wrapped(order: random.Random) -> Wrap:
    """A prefix, a carrier, records behind a prefix, or what stands behind a prefix in records."""
    kind = order.randrange(4)
    if kind == 0:
        return before(prefix(order))
    if kind == 1:
        return TEXTS[order.choice(CARRIERS)]
    outer, inner = ALL[order.choice(PREFIXES)], ALL[order.choice(RECORDS)]
    outer, inner = (outer, inner) if kind == 2 else (inner, outer)
    return lambda lines: inside(outer, inner, lines)


def timed(text: str) -> Lines:
    """The lines with the moments of their records, those before the first one's shortly before it."""
    heads = [read_head(line.encode()) for line in text.split("\n")]
    known = [head.at for head in heads if head is not None and head.at is not None]
    lines, at = [], min(known) - 1 if known else BEGIN
    for line, head in zip(text.split("\n"), heads, strict=True):
        at = max(head.at if head is not None and head.at is not None else 0.0, at + 0.0001)
        lines.append((at, line))
    return lines


@pytest.mark.parametrize("seed", range(60))
def test_any_piece_of_a_log_gives_the_same_in_anything(seed: int, tmp_path: Path) -> None:
    order = random.Random(seed)
    text = piece(order)
    lines = timed(text)
    plain = read(tmp_path / "plain", f"{text}\n".encode())
    found = read(tmp_path / "input", wrapped(order)(lines).encode())
    own = {one.key: one for one in plain.summary.groups.values()}
    assert answer(found.summary.groups.values()) == answer(own.values())
    assert not found.problem or plain.problem
    for group in found.summary.groups.values():
        known = own[group.key]
        if not known.untimed and known.first is not None:
            assert (group.first, group.last) == (
                pytest.approx(known.first, abs=1.5),
                pytest.approx(known.last, abs=1.5),
            )
