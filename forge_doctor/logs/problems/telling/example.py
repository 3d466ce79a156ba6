"""One event as it is shown where examples are asked for: secrets taken out, of a long one the beginning and the end."""

from __future__ import annotations

from collections.abc import Callable

from forge_doctor.redaction import redact

LONGEST_EXAMPLE, LONGEST_UNKNOWN = 32_000, 8_000
LEFT_OUT = "[the middle of this event is left out: it is too long to be shown]"
# What tells that a text is a secret may stand some lines before it, or behind where it is cut.
_BEYOND = 4_000
_HALF = LONGEST_EXAMPLE // 2


class Example:
    """A text of which the secrets are taken out when it is asked for, or leaves this process: few are ever shown."""

    __slots__ = ("_longest", "_pieces", "_shown")

    def __init__(self, text: str, longest: int = LONGEST_EXAMPLE) -> None:
        whole = text.rstrip("\n")
        self._longest = longest
        self._shown: str | None = None
        self._pieces: tuple[str, ...] = (whole,)
        if len(whole) > LONGEST_EXAMPLE:
            self._pieces = whole[: _HALF + _BEYOND], whole[-_HALF - _BEYOND :]

    @classmethod
    def of_shown(cls, shown: str) -> Example:
        """One of which the secrets were taken out elsewhere."""
        example = cls("")
        example._shown = shown
        return example

    @property
    def shown(self) -> str:
        """The text without its secrets, no longer than an example may be."""
        if self._shown is None:
            first, *last = self._pieces
            if last:
                first = _joined(redact(first, _HALF), redact(last[0])[-_HALF:], LONGEST_EXAMPLE)
            else:
                first = shortened(redact(first), LONGEST_EXAMPLE)
            self._shown, self._pieces = shortened(first, self._longest), ()
        return self._shown

    def says(self, words: str) -> bool:
        """Whether it has words that are no secret: to take those out is dear, and most texts need it for nothing else."""
        return any(words in piece for piece in self._pieces or (self.shown,))

    def __eq__(self, other: object) -> bool:
        """Whether the same is shown."""
        return isinstance(other, Example) and self.shown == other.shown

    def __hash__(self) -> int:
        return hash(self.shown)

    def __repr__(self) -> str:
        return f"Example({self.shown!r})"

    def __deepcopy__(self, _memo: object) -> Example:
        return self

    def __reduce__(self) -> tuple[Callable[[str], Example], tuple[str]]:
        return Example.of_shown, (self.shown,)


def shortened(text: str, longest: int) -> str:
    """At most so many characters: what raised stands at the end of a traceback, what was asked for at its beginning."""
    return text if len(text) <= longest else _joined(text[: longest // 2], text[-longest // 2 :], longest)


def _joined(head: str, tail: str, longest: int) -> str:
    """Whole lines of both, but where they have none."""
    room = longest // 2 - len(LEFT_OUT)
    before = head[:room].rpartition("\n")[0] or head[:room]
    after = tail[-room:].partition("\n")[2] or tail[-room:]
    return f"{before}\n{LEFT_OUT}\n{after}"
