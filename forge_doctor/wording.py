"""Words for numbers.

>>> counted(1, "event"), counted(2000, "event"), counted(2, "process", "processes")
('1 event', '2,000 events', '2 processes')
"""

from __future__ import annotations


def counted(count: int, noun: str, plural: str = "") -> str:
    """So many of them, the noun in its right number; `plural` where it is not made by an s."""
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"
