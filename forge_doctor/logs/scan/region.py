"""Bytes of a log on their way in: a `Region` of raw lines."""

from __future__ import annotations

from collections.abc import Sequence

from forge_doctor.dataclass import dataclass, field

BEFORE_BYTES = 2_000
"""So much in front of a hit belongs to its region: the access-log line that names the route."""
SEEN_BYTES = 2 * BEFORE_BYTES
"""So much in front of a region comes with it to look back at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """Consecutive whole raw lines of one source, container prefixes still on.

    `offset` is the place of `data[0]` in the source; a region that begins where the last one of
    the same source ended continues it, any other place means that quiet lines were left out.
    `before` are the bytes shortly before it, to look back at. `hits` are the places in `data`
    where the scanner found literals, ascending, one or more in each line that has any.
    """

    source: str
    data: bytes
    offset: int = 0
    before: bytes = field(default=b"", compare=False, repr=False)
    hits: Sequence[int] = field(compare=False, repr=False)
