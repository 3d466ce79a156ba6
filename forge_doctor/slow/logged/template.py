"""The statements that logs name, each text read once: its fingerprint, its verb, and where parameters tell something."""

from __future__ import annotations

import re

from forge_doctor.dataclass import dataclass, field
from forge_doctor.regex import regex
from forge_doctor.sql.fingerprint import fingerprint
from forge_doctor.sql.shape import Shape, shape_of

WRITES = frozenset({"insert", "update", "delete", "merge"})
MOST_TEXTS = 20_000
# A text as long as the server's pg_stat_activity would cut it is whole in a log.
WHOLE = 1 << 20
_PLACE = r"(?:\$\d+|%\(\w{1,120}\)s|%s|:\w{1,120}|\?)"
_LIKE = regex(rf"\bI?LIKE\s+\(?({_PLACE})", re.IGNORECASE)
_AROUND = regex(r"\bI?LIKE\s+'%'\s*\|\||\bI?LIKE\s+'%", re.IGNORECASE)
_OFFSET = regex(rf"\bOFFSET\s+({_PLACE})", re.IGNORECASE)
_ANY_PLACE = regex(_PLACE + r"(?!\w)")
_NUMBERED = regex(r"\$(\d+)")


@dataclass(slots=True, kw_only=True, eq=False)
class Template:
    """A statement; `likes` and `offset` are the places of parameters for LIKE and OFFSET, by name or from 0 by order.

    `opened` says that a pattern begins with a wildcard in the text itself.
    """

    key: str
    text: str
    shape: Shape
    tags: dict[str, str] = field(default_factory=dict)
    likes: tuple[str | int, ...] = ()
    offset: str | int | None = None
    opened: bool = False
    asks: bool = False

    @property
    def verb(self) -> str:
        """`select`, `insert`, ...; empty for what reads and writes no table."""
        return self.shape.verb if self.shape.tables else ""

    @property
    def writes(self) -> bool:
        """Whether it changes rows."""
        return self.verb in WRITES


class Templates:
    """All that were seen, each by its fingerprint."""

    def __init__(self) -> None:
        self._texts: dict[bytes | str, Template] = {}
        self._templates: dict[str, Template] = {}

    def of(self, written: bytes) -> Template:
        """The template of a text as it stands in a log."""
        known = self._texts.get(written)
        if known is None:
            if len(self._texts) >= MOST_TEXTS:
                self._texts.clear()
            known = self._texts[written] = self._read(written.decode("utf-8", "replace"))
        return known

    def known(self, key: str) -> Template | None:
        """The template with that fingerprint."""
        return self._templates.get(key)

    def _read(self, written: str) -> Template:
        found = fingerprint(written)
        known = self._templates.get(found.id)
        if known is None:
            known = self._templates[found.id] = template_of(written, found.id, found.text)
        known.tags |= found.tags
        return known


def template_of(written: str, key: str, text: str) -> Template:
    """What a text has in it."""
    likes = tuple(_place(one[1], written) for one in _LIKE.finditer(written))
    offset = _OFFSET.search(written)
    return Template(
        key=key,
        text=text,
        shape=shape_of(text, cut_at=WHOLE),
        likes=likes,
        offset=_place(offset[1], written) if offset else None,
        opened=_AROUND.search(written) is not None,
        asks=bool(likes or offset),
    )


def _place(written: str, statement: str) -> str | int:
    """Where a placeholder's value is among the parameters: by name, or by order from 0."""
    numbered = _NUMBERED.fullmatch(written)
    if numbered:
        return int(numbered[1]) - 1
    if written.startswith("%("):
        return written[2:-2]
    if written.startswith(":"):
        return written[1:]
    at = statement.find(written)
    places = [one.start() for one in _ANY_PLACE.finditer(statement) if one[0] == written]
    return places.index(at) if at in places else 0
