"""Turns boxes that are open on their right (tracerite's, which Sanic has) back into plain tracebacks.

The calls come in the order of time: an exception stands below the frame that raised it, and what was raised while it was
handled below that.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from forge_doctor.regex import regex

EDGE, TOP, END = "│", "╭ ", "╰ "
BEGINS, ENDS = TOP.encode(), END.encode()
CAUSE = "The above exception was the direct cause of the following exception:"
CONTEXT = "During handling of the above exception, another exception occurred:"
_EDGE = EDGE.encode()
_LIBRARY = "site-packages/"
_MARGIN = regex(r"[│╰ ] ?")
_PLACE = regex(r"([^\s:()'\"]{1,300}|(?:In|Cell) \[\d{1,9}\]):(\d{1,9})(?: {1,80}([^\s:]{1,200}))?: *(.*)$")
_MORE = regex(r"▐ ?")
# How it was raised stands behind its class.
_RAISED = regex(r"((?:[A-Za-z_]\w{0,80}\.){0,8}[A-Z]\w{0,80})( from previous| in except)?:(?: (.*)|$)")
_OWN_CALL = "Call from your code"
_SIGNS = "➤💣🛑⚠\ufe0f "
# A line so long was broken where the terminal ends.
_BROKEN_AT = 76


def begins_open_box(text: bytes) -> bool:
    """Whether the line is the upper corner of such a box, with its title."""
    return text.startswith(BEGINS)


def ends_open_box(text: bytes) -> bool:
    """Whether the line is the lower corner of such a box, with the exception."""
    return text.startswith(ENDS) and _RAISED.match(text[len(ENDS) :].decode("utf-8", "replace")) is not None


def is_in_open_box(text: bytes) -> bool:
    """Whether the line stands in such a box."""
    return text.startswith(_EDGE)


def unboxed(lines: Sequence[str]) -> list[str]:
    """The lines, every open box as a plain traceback; other boxes as they are."""
    plain: list[str] = []
    at = 0
    while at < len(lines):
        end = _end(lines, at) if lines[at].startswith(EDGE) else at
        if end == at:
            plain.append(lines[at])
            at += 1
            continue
        plain += _plain([_MARGIN.sub("", line, count=1).rstrip() for line in lines[at:end]])
        at = end
    return plain


def _end(lines: Sequence[str], at: int) -> int:
    """Where the open box that begins there ends, behind the words of its exception; `at` itself where none does."""
    end = at
    while end < len(lines) and lines[end].startswith(EDGE):
        end += 1
    if end == len(lines) or not ends_open_box(lines[end].encode("utf-8", "replace")):
        return at
    end += 1
    while end < len(lines) and _MORE.match(lines[end].strip()):
        end += 1
    return end


def _plain(content: Sequence[str]) -> Iterator[str]:
    """One box: each exception with the frames above it, joined as Python joins them."""
    frames: list[str] = []
    at, of_library = 0, False
    while at < len(content):
        line = content[at]
        at += 1
        raised = _RAISED.match(line)
        if raised is not None:
            words = [raised[3] or ""]
            while at < len(content) and (more := _MORE.match(content[at].lstrip())):
                _go_on(words, content[at].lstrip()[more.end() :])
                at += 1
            if raised[2]:
                yield from ("", CAUSE if raised[2].endswith("previous") else CONTEXT, "")
            yield from ("Traceback (most recent call last):", *frames, f"{raised[1]}: {words[0]}", *words[1:])
            frames, of_library = [], False
            continue
        place = _PLACE.match(line)
        if place is not None:
            file = f"{_LIBRARY}{place[1]}" if of_library and not place[1].startswith("/") else place[1]
            function = (place[3] or "<module>").partition("⚡")[0].rpartition(".")[2]
            frames.append(f'  File "{file}", line {place[2]}, in {function}')
            if place[4].strip(_SIGNS):
                frames.append(f"    {place[4].strip(_SIGNS)}")
        elif frames and line.rstrip().endswith(_OWN_CALL):
            # What it calls from here on is a library's.
            of_library = True
            frames.append(f"    {line.removesuffix(_OWN_CALL).strip(_SIGNS)}")
        elif frames and line.rstrip()[-1:] in ("💣", "🛑"):
            frames.append(f"    {line.strip(_SIGNS)}")


def _go_on(words: list[str], more: str) -> None:
    """Put a line below an exception's to the sentence that the terminal broke, or below it."""
    if words[-1] and len(words[-1].rpartition("\n")[2]) % _BROKEN_AT + len(more.partition(" ")[0]) >= _BROKEN_AT // 2:
        words[-1] += f" {more}"
    else:
        words.append(more)
