"""What a page is made of: lines of styled spans, and the room and signs it has; paints nothing."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

WIDE = 72
WIDEST_PROSE = 112  # longer lines are hard to read; only tables and remedies use more
GUTTER_WIDE, GUTTER_NARROW = 12, 2
NARROWEST = 20


class Style(StrEnum):
    """What a span is, for a painter to colour."""

    PLAIN = "plain"
    DIM = "dim"
    STRONG = "strong"
    REMEDY = "remedy"
    CLEAN = "clean"
    NOT_RUN = "not run"
    CRITICAL = "critical"
    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class Span(NamedTuple):
    """A run of text in one style."""

    text: str
    style: Style = Style.PLAIN


Line = tuple[Span, ...]
BLANK: Line = ()


class Page(NamedTuple):
    """How wide the page is, which signs it may use beside ASCII, and how many lines a screen shows (0: unknown)."""

    width: int
    marks: dict[Style, str]
    separator: str
    rule: str
    height: int = 0

    @property
    def gutter(self) -> int:
        """Columns left of the text: room for the severity word where the page is wide."""
        return GUTTER_WIDE if self.width >= WIDE else GUTTER_NARROW

    @property
    def prose(self) -> int:
        """Columns for sentences, from the left edge on."""
        return max(NARROWEST, min(self.width, WIDEST_PROSE))

    @property
    def measure(self) -> int:
        """Columns for sentences beside the gutter."""
        return self.prose - self.gutter


def terminal_page(width: int, height: int = 0) -> Page:
    """The page with the signs a terminal can show."""
    marks = {
        Style.CRITICAL: "✖ ",
        Style.ERROR: "✖ ",
        Style.WARNING: "▲ ",
        Style.INFO: "• ",
        Style.NOT_RUN: "? ",
        Style.CLEAN: "✔ ",
    }
    return Page(width=width, marks=marks, separator=" · ", rule="─", height=height)


def plain_page(width: int) -> Page:
    """The page in ASCII, apart from what the data hold."""
    return Page(width=width, marks={}, separator="; ", rule="-")
