"""Which part of pytest's report a line stands in: what it shows of tests that went as expected is no fault."""

from __future__ import annotations

import enum

from forge_doctor.dataclass import dataclass, field
from forge_doctor.regex import regex

_TITLE = regex(rb"={3,200} ([^=\n]{3,100}?) ={3,200}\s*$")
_LIVE = regex(rb"-{3,200} live log (?:setup|call|teardown) -{3,200}\s*$")
_OUTCOME = regex(
    rb"(?:[^\s:]{1,300}::\S{1,300} )?(PASSED|XFAIL|SKIPPED|FAILED|ERROR|XPASS)\b[^\n\[]{0,300}\[ {0,2}\d{1,3}%\]\s*$"
)


class Part(enum.Enum):
    """`EXPECTED` are tests that went as they should; `WARNED` is what they warned of; `LIVE` is what a test logs before it
    is known how it ends."""

    NONE = enum.auto()
    EXPECTED = enum.auto()
    WARNED = enum.auto()
    LIVE = enum.auto()


_PARTS = {b"XFAILURES": Part.EXPECTED, b"PASSES": Part.EXPECTED, b"warnings summary": Part.WARNED}


_FAILED, _SUMMARY = (b"FAILURES", b"ERRORS"), b"short test summary info"


@dataclass(slots=True)
class Shown:
    """What the lines of a stretch belong to; known of a test that logs when it has ended."""

    part: Part = Part.NONE


@dataclass(slots=True)
class PytestReport:
    """The part that is being read; `now` is kept by whoever has lines of it."""

    now: Shown = field(default_factory=Shown)
    _failures: bool = False

    @property
    def judges(self) -> bool:
        """Whether what is read now stands in a part that decides whether it is a failure."""
        return self.now.part is not Part.NONE

    def ends(self, text: bytes) -> bool:
        """Whether another part begins with a line, or a test ends with it."""
        begun = self._begun(text) if text[:3] in (b"===", b"---") else None
        part = _outcome(text) if begun is None and self.now.part is Part.LIVE else begun
        if part is None or (part is Part.NONE and self.now.part is Part.NONE):
            return False
        if self.now.part is Part.LIVE:
            self.now.part = Part.EXPECTED if part is Part.EXPECTED and begun is None else Part.NONE
        self.now = Shown(Part.NONE if begun is None else begun)
        return True

    def _begun(self, text: bytes) -> Part | None:
        if text[:3] == b"---":
            return Part.LIVE if _LIVE.match(text) else None
        found = _TITLE.match(text)
        if found is None:
            return None
        self._failures = self._failures or found[1] in _FAILED
        if found[1] == _SUMMARY and self._failures:
            # It says again what was shown of them above.
            return Part.EXPECTED
        return _PARTS.get(found[1], Part.NONE)


def _outcome(text: bytes) -> Part | None:
    found = _OUTCOME.match(text) if text[:1].isalpha() else None
    return None if found is None else Part.NONE if found[1] in (b"FAILED", b"ERROR") else Part.EXPECTED
