"""What a record of known tracebacks comes to, and which of its exceptions' words have a say in that."""

from __future__ import annotations

from forge_doctor.logs.match import Catalogue, own_words
from forge_doctor.logs.records.block_text import lines_of
from forge_doctor.logs.records.tracebacks.known_chains import Parts
from forge_doctor.logs.records.tracebacks.traceback_text import parser_after
from forge_doctor.streams.heads.frames import Section
from forge_doctor.streams.heads.head import Head

Telling = tuple[tuple[object, bytes, str], ...]


def telling_words(parts: Parts, catalogue: Catalogue) -> Telling:
    """The frames, and what of the words decides: where these are equal, the same went wrong.

    Without a signature's literal all that an exception's words do is to be shown.
    """
    return tuple((part.frames, *_of_exception(part.words, catalogue)) for part in parts)


def _of_exception(words: tuple[bytes, ...], catalogue: Catalogue) -> tuple[bytes, str]:
    text = own_words(b"\n".join(words).decode("utf-8", "replace"))
    return words[0].partition(b":")[0], catalogue.telling(text)


def sections_of(head: Head | None, parts: Parts) -> list[tuple[Section, ...]]:
    """The tracebacks of a record, as from its lines."""
    parser = parser_after(lines_of(head, ()))
    for part in parts:
        parser.feed_frames(part.frames.places)
        for word in part.words:
            parser.feed(word.decode("utf-8", "replace"))
    return parser.finish()
