"""Masks what was found in a text, and the same words wherever else they stand in it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from forge_doctor.redaction.shapes import MASK

_MOST_AGAIN = 20


class Span(NamedTuple):
    """Where a secret stands; `sure` where its name says that it is one, and nothing else."""

    begin: int
    stop: int
    sure: bool = True


def mask_spans(text: str, spans: Iterable[Span]) -> str:
    """The text without what stands at the spans; of two that overlap, the first."""
    parts, done, found = [], 0, set()
    for begin, stop, sure in sorted(spans):
        if done <= begin < stop:
            parts += [text[done:begin], MASK]
            done = stop
            if sure:
                found.add(text[begin:stop])
    masked = "".join(parts) + text[done:]
    for value in sorted(filter(_is_known_again, found), key=len)[-_MOST_AGAIN:]:
        masked = masked.replace(value, MASK)
    return masked


def _is_known_again(value: str) -> bool:
    """Whether it is no word that stands elsewhere by chance: `assert 'x7...' == ''` tells what was wrong with it."""
    is_word = any(map(str.isdigit, value)) and any(map(str.isalpha, value)) and "://" not in value
    return 8 <= len(value) <= 200 and is_word
