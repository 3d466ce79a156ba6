"""Measures, wraps and pads text in terminal columns; knows neither colours nor reports."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

_BETWEEN = "/\\.:_-,=&?"
_EMOJI_SELECTOR = "\ufe0f"


def cell_width(text: str) -> int:
    """How many columns the text takes: two for wide characters, none for combining ones."""
    if text.isascii():
        return len(text)
    return sum(width for _, width in _clusters(text))


def wrap(text: str, width: int, taken: int = 0) -> list[str]:
    """Lines of at most `width` columns, broken at blanks, inside a word only where it is too long.

    `taken` columns of the first line are in use already.
    """
    lines, used = [""], taken
    for piece in (piece for word in text.split(" ") for piece in _pieces(word, width)):
        blank = " " if lines[-1] else ""
        columns = len(blank) + cell_width(piece)
        if used and used + columns > width:
            lines.append(piece)
            used = cell_width(piece)
        else:
            lines[-1] += blank + piece
            used += columns
    return lines


def pad(text: str, width: int, *, right: bool = False) -> str:
    """The text filled with blanks to `width` columns, set to the right for numbers."""
    blanks = " " * (width - cell_width(text))
    return blanks + text if right else text + blanks


def _pieces(word: str, width: int) -> Iterator[str]:
    """The word itself, or its parts of at most `width` columns."""
    if cell_width(word) <= width:
        yield word
        return
    piece, used = "", 0
    for cluster, taken in _clusters(word):
        if piece and used + taken > width:
            kept = _up_to_separator(piece)
            yield kept
            piece = piece[len(kept) :]
            used = cell_width(piece)
        piece, used = piece + cluster, used + taken
    yield piece


def _up_to_separator(piece: str) -> str:
    """As much of the piece as ends with a sign between the parts of a path or a name; all of it where there is none."""
    end = max(piece.rfind(sign) for sign in _BETWEEN) + 1
    return piece[:end] if 2 * end >= len(piece) else piece


def _clusters(text: str) -> Iterator[tuple[str, int]]:
    """Characters with the combining marks that belong to them, and their columns."""
    cluster, width = "", 0
    for character in text:
        taken = _character_width(character)
        if taken == 0 and cluster:
            cluster += character
            width = max(width, 2) if character == _EMOJI_SELECTOR else width
            continue
        if cluster:
            yield cluster, width
        cluster, width = character, taken
    if cluster:
        yield cluster, width


def _character_width(character: str) -> int:
    """By rich's table of the Unicode standard; marks that join or direct take no room, which the table does not say."""
    if " " <= character <= "~":
        return 1
    from rich.cells import get_character_cell_size

    return 0 if unicodedata.category(character) in {"Mn", "Me", "Cf"} else get_character_cell_size(character)
