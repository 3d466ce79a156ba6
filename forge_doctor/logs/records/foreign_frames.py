"""Frames as IPython, Sentry and Django's pages write them, as Python would: a file, a function, a line's number below or behind.

Guesses no number: a file and a function without one give no frame. The code round a line, which these show, is left out.
"""

from __future__ import annotations

import re

from forge_doctor.logs.records.lost_layout import is_class

_FILE = rb"(?P<file>(?:[A-Za-z]:)?[^\s:\"'()<>|*?]{1,500}\.pyx?|<ipython-input-[\w-]{1,80}>)"
_FUNCTION = rb"(?P<function><?[A-Za-z_][\w.<>]{0,200})(?:\([^\n]{0,2000}\))?"
_PLACE = re.compile(rb"\s{0,8}%b in %b(?:[: ]{1,3}(?:at )?(?:line )?(?P<line>\d{1,9}))?:?\s*$" % (_FILE, _FUNCTION))
_NUMBERED = re.compile(rb"\s{0,8}(?:File )?%b:(?P<line>\d{1,9}), in %b\s*$" % (_FILE, _FUNCTION))
_NUMBER = re.compile(rb"\s{0,8}(?:at line (\d{1,9})\s*$|-{1,10}> ?(\d{1,9})(?: |$))")
_ROUND_IT = re.compile(rb"[ \t]|```|-{1,10}> ?\d|\d{1,9}(?: |$)")


class ForeignFrames:
    """What one record has told of such frames so far."""

    __slots__ = ("_awaited", "within")

    def __init__(self) -> None:
        self.within = False
        self._awaited: tuple[bytes, bytes] | None = None

    def begin(self) -> None:
        """Another record begins."""
        self.within, self._awaited = False, None

    def may_be(self, text: bytes) -> bool:
        """Whether a line is worth a closer look."""
        return self.within or self._awaited is not None or (b".py" in text and b'File "' not in text)

    def read(self, text: bytes, unfinished: bool) -> bytes | None:
        """The line as Python would print it, None where it is none of these; `unfinished` says that a traceback is open."""
        place = _NUMBERED.match(text) or _PLACE.match(text)
        if place is not None:
            return self._place(place, unfinished)
        number = _NUMBER.match(text) if self._awaited is not None else None
        if number is not None and self._awaited is not None:
            file, function = self._awaited
            return self._frame(file, function, number[1] or number[2])
        if self.within and text.strip() and is_class(text):
            self.begin()
        return b"" if self.within and _ROUND_IT.match(text) else None

    def _place(self, place: re.Match[bytes], unfinished: bool) -> bytes | None:
        if place["line"]:
            return self._frame(place["file"], place["function"], place["line"])
        self._awaited = (place["file"], place["function"])
        return b"" if unfinished or self.within else None

    def _frame(self, file: bytes, function: bytes, line: bytes) -> bytes:
        self.within, self._awaited = True, None
        return b'  File "%b", line %b, in %b' % (file, line, function)
