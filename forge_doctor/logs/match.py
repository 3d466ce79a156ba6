"""Decides which signature a text carries; look-alikes in user text are nobody's."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator, Sequence

from forge_doctor.logs.peers import ANY_PEER, DATABASE_NAMED, is_other_peer, names_other_peer
from forge_doctor.logs.signature import Signature, load_signatures
from forge_doctor.regex import leftmost, regex
from forge_doctor.streams.heads.frames import Section
from forge_doctor.streams.heads.localised import in_english, is_known

_FAMILY = regex(
    r"(?:sqlalchemy|asyncpg|psycopg2?|psycopg_pool|greenlet|alembic|fastapi|starlette|pydantic\w*|aiopg|databases|sqlmodel"
    r"|gunicorn|uvicorn)\."
)
_OWN_WORDS = {
    *("KeyError", "ValueError", "TypeError", "AssertionError", "LookupError", "IndexError"),
    *("AttributeError", "NameError", "NotImplementedError", "HTTPException"),
}
_USER_TEXT = regex(
    r"\n\[SQL:|\n\[parameters:|\n(?:DETAIL|DÉTAIL|DETALLE|DETALHE|ПОДРОБНОСТИ|详细信息|詳細): |\n\[cached since|\n\[generated in"
)
# SQLAlchemy and others quote the error that came first behind their own words.
_ORIGINAL = regex(r"\bOriginal error: |\bCaused by: ")
# The parameters of a test, in its name.
_TEST = regex(r"[\w./\\-]{1,200}\.py::[\w:]{1,200}\[[^\]\n]*$")
_PARAMETERS = regex(r"([\w./\\-]{1,200}\.py::[\w:]{1,200})\[[^\n]{0,1000}\]")
_PROGRESS = regex(
    r"(?:^|\n)(?:[\w./\\-]{1,200}\.py(?:::[^ \n\[]{1,150}(?:\[[^ \n\]]{0,150}\])?)? )?[.sxEFRX]{0,80}\+{0,100}\Z"
)
# What Python tells objects and tasks apart by, and with it all other numbers.
_OBJECTS = regex(r"\b0x[0-9a-f]{6,}\b|\bTask-\d+\b")
_NUMBERS = regex(rf"{_OBJECTS.pattern}|\d+")
_ANY_DIGITS, _DIGIT = regex(r"\\d|\{[\d,]+\}"), regex(r"\d")
_LONGEST_NAME = 80
_REPR = regex(r"(?:^|[\s(:=.\[,])(\w{0,60}(?:Error|Exception|Timeout|Warning|Greenlet))\((?:-?\d{1,5}, )?$", re.ASCII)
# A key of JSON that stands on a line of its own, in what is printed of a server's error: node-postgres has its severity in it.
_KEYED = regex(r'(?:^|\n)[ \t]{0,20}"(?:message|msg)" ?: ?$')
_OF_SERVER = regex(r'"severity" ?: ?"(?:ERROR|FATAL|PANIC)"')
# What print() makes of a driver's exception: its number and its words.
_ARGUMENTS = regex(r"(?:^|[\s:=])\(-?\d{3,5}, $")
# What a program puts before the words of an error that it prints.
_LABEL = regex(
    r"(?i)(?:\b(?:error|exception|fail(?:ed|ure)?|unable to|could not|couldn't|cannot|can't)\b[^\n\"'{}]{0,80}(?:[:=-]>?|\u2013) ?"
    r"|^ {0,8}(?:message|reason): )"
    r"(?:\[Errno -?\d{1,5}\] )?(?:\(\w[\w.]{0,80}\) )?(?:<class '[\w.]{1,100}'>:? ?)?(?:\(-?\d{1,5}, ['\"])?$"
)
# The driver's class, as SQLAlchemy has it before the driver's words.
_WRAPPED = regex(r"\((?:\w{1,40}\.){1,6}[A-Z]\w{1,60}\) (?:<class '[\w.]{1,100}'>: )?$")
_QUOTES = "'\"`\u201c\u2018"


class Catalogue:
    """The signatures, arranged for looking up: literals first, patterns after."""

    def __init__(self, signatures: Iterable[Signature]) -> None:
        self.by_id = {one.id: one for one in signatures}
        self.literals: dict[str, list[Signature]] = {text: [] for text in self._texts()}
        for one in self.by_id.values():
            for text in one.literals:
                self.literals[text].append(one)
        self._any_level = [text.encode() for text, ones in self.literals.items() if any(one.any_level for one in ones)]

    def _texts(self) -> list[str]:
        return sorted({text for one in self.by_id.values() for text in one.literals})

    def has_literal(self, text: bytes) -> bool:
        """Whether any signature's literal is in the bytes."""
        told = text.decode("utf-8", "replace")
        return any(literal in told for literal in self.literals)

    @functools.lru_cache(maxsize=512)  # noqa: B019
    def telling(self, text: str) -> str:
        """What of a text decides which signature it carries and what is read from it; nothing where it has no literal."""
        if is_known(text):
            return text
        named = {one.id for _, literal in self._literals_in(text) for one in self._candidates(literal)}
        varying = _OBJECTS if named & self._minding_digits else _NUMBERS
        return varying.sub("", text) if named else ""

    @functools.lru_cache(maxsize=64)  # noqa: B019
    def _literals_in(self, text: str) -> tuple[tuple[int, str], ...]:
        """Where literals stand in a text, which is asked of it several times in a row."""
        return tuple(leftmost(self.literals, text))

    @functools.cached_property
    def _minding_digits(self) -> frozenset[str]:
        """The signatures that make something of a text's digits."""
        return frozenset(one.id for one in self.by_id.values() if _minds_digits(one))

    def has_any_level(self, text: bytes) -> bool:
        """Whether a literal is in the bytes that counts at any level."""
        return any(literal in text for literal in self._any_level)

    def match_section(self, section: Section, sections: Sequence[Section]) -> Signature | None:
        """The fault one exception of a chain is, wrappers left out."""
        message = own_words(section.message)
        original = _ORIGINAL.split(message)[-1]
        told = (
            [f"{section.exception}: {message}"]
            if original == message
            else [original, f"{section.exception}: {message}"]
        )
        for text in told:
            found = [one for one, start in self._matches(text) if self._plausible(one, section, text, start)]
            chosen = _best((one for one in found if not one.wrapper), text)
            if chosen is not None:
                return None if chosen.id in ANY_PEER and is_other_peer(sections, message) else chosen
        return None

    def match_text(self, text: str, *, bare: bool, origin: str) -> Signature | None:
        """The fault a log line names.

        `bare` is a line without a level: there only an exception or the beginning of the line counts.
        """
        text = text if text.isascii() else in_english(text)
        original = _ORIGINAL.split(text)[-1] if not bare else text
        if original != text and (root := self.match_text(original, bare=False, origin=origin)) is not None:
            return root
        found = []
        for one, start in self._matches(text):
            if one.wrapper or _quoted(text, start, one) or (one.frames and not _alone(one, text)):
                continue
            if one.caught and origin == "postgresql":
                continue
            begin = _sentence_of(one, text, start) if bare else start
            if bare and _is_link(text, start):
                continue
            if bare and not (
                _starts_line(text, begin)
                or _named_before(text, start)
                or _is_labelled(one, text, begin)
                or _is_keyed(text, start)
            ):
                continue
            found.append(one)
        chosen = _best(found, text)
        if chosen is not None and origin == "app" and chosen.id in ANY_PEER and names_other_peer(text):
            return None
        return chosen

    def match_wrapper(self, text: str) -> bool:
        """Whether the text is a wrapper's."""
        return any(one.wrapper for one, _ in self._matches(text))

    def _matches(self, text: str) -> Iterator[tuple[Signature, int]]:
        seen: set[str] = set()
        for start, literal in self._literals_in(text):
            for one in self._candidates(literal):
                if one.id in seen:
                    continue
                found = _compiled(one.pattern).search(text)
                if found:
                    seen.add(one.id)
                    yield one, max(found.start(), start if found.end() > start else found.start())

    @functools.lru_cache(maxsize=512)  # noqa: B019
    def _candidates(self, literal: str) -> tuple[Signature, ...]:
        """Those whose literal this is, or lies inside it."""
        return tuple({one.id: one for text, ones in self.literals.items() if text in literal for one in ones}.values())

    def _plausible(self, one: Signature, section: Section, text: str, start: int) -> bool:
        """Whether this exception can carry that fault, rather than quote its words."""
        if one.frames and not _alone(one, text) and not _has_frame(one, section):
            return False
        exception = section.exception
        name = exception.rpartition(".")[2]
        if any(name == known.rpartition(".")[2] for known in one.exceptions) or _FAMILY.match(exception):
            return True
        return name not in _OWN_WORDS and not _quoted(text, start, one)


# Most logs show few faults: the other patterns need not be compiled.
_compiled = functools.cache(re.compile)


@functools.cache
def catalogue() -> Catalogue:
    """The catalogue of all signatures."""
    return Catalogue(load_signatures().values())


def _minds_digits(one: Signature) -> bool:
    written = one.id in ANY_PEER or _DIGIT.search(_ANY_DIGITS.sub("", one.pattern) + "".join(one.literals))
    return bool(written or one.numbers or one.detail or one.once)


def own_words(message: str) -> str:
    """An exception's message without what the user put into the statement, in English; of a long one, its beginning."""
    return in_english(_USER_TEXT.split(message, maxsplit=1)[0][:8000])


def _best(found: Iterable[Signature], text: str) -> Signature | None:
    """The reason rather than its consequence; else the one with the longest words in the text."""
    several = list(found)
    named = {one.id for one in several}
    roots = [one for one in several if not named & set(one.explained_by)] or several
    if len(roots) > 1 and "FATAL: " in text:
        # Of a host's addresses one did not answer; the server answered at another.
        roots = [one for one in roots if one.id not in ANY_PEER] or roots
    return max(
        roots, key=lambda one: max((len(words) for words in one.literals if words in text), default=0), default=None
    )


def _quoted(text: str, start: int, one: Signature) -> bool:
    """Whether the words stand in quotes that someone else put round them (`q='deadlock detected'`).

    In those of an exception's repr() they are the exception's own: `WorkerLostError('Worker exited prematurely')`.
    """
    if start <= 0 or text[start - 1] not in _QUOTES or one.pattern.startswith(("'", '"')):
        return False
    if _ARGUMENTS.search(text, max(0, start - 1 - _LONGEST_NAME), start - 1):
        return False
    if _is_keyed(text, start):
        return False
    raised = _REPR.search(text, max(0, start - 1 - _LONGEST_NAME), start - 1)
    return raised is None or raised[1] in _OWN_WORDS


def _is_keyed(text: str, start: int) -> bool:
    """Whether the words are the message of an error that a server gave, printed key by key."""
    keyed = start > 0 and _KEYED.search(text, max(0, start - 1 - _LONGEST_NAME), start - 1)
    return bool(keyed) and _OF_SERVER.search(text) is not None


def _alone(one: Signature, text: str) -> bool:
    """Whether the words tell the fault without a frame."""
    return bool(one.alone) and _compiled(one.alone).search(text) is not None


def _has_frame(one: Signature, section: Section) -> bool:
    """Whether the exception went through one of the places that the fault is known by."""
    places = [f"{frame.file.replace(chr(92), '/')} {frame.function}" for frame in section.frames]
    return any(_compiled(pattern).search(place) for pattern in one.frames for place in places)


def _starts_line(text: str, start: int) -> bool:
    """Whether the words begin a line, or only pytest's progress or its rule stands before them: a process that hangs or dies ends none."""
    return start == 0 or text[start - 1] == "\n" or _PROGRESS.search(text, max(0, start - 400), start) is not None


def _is_link(text: str, start: int) -> bool:
    """Whether the words are those of a link in a text: `[RuntimeError: Task attached to a different loop](https://…)`."""
    line = text[start:].partition("\n")[0]
    return "](http" in line and "[" in text[text.rfind("\n", 0, start) + 1 : start]


def without_parameters(text: str) -> str:
    """Without what the names of tests have in brackets."""
    return _PARAMETERS.sub(r"\1", text)


def _named_before(text: str, start: int) -> bool:
    """Whether an exception's class, as any language writes it, or a server's level stands before the words in their line."""
    line = text[text.rfind("\n", 0, start) + 1 : start]
    return _TEST.match(line) is None and bool(
        re.search(
            r"(?:^|[\s(])[\w.:\\]*(?:Error|Exception|Timeout|Greenlet|Warning)\b[^\n]{0,200}$|FATAL: |ERROR: ", line
        )
    )


def _sentence_of(one: Signature, text: str, start: int) -> int:
    """Where in its line the sentence begins that has the words: `connection to server at "db"`, `relation "orders"`."""
    found = _compiled(one.pattern).search(text)
    begin = start if found is None else found.start()
    return begin if begin > text.rfind("\n", 0, start) else start


def _is_labelled(one: Signature, text: str, start: int) -> bool:
    """Whether a program printed the words as those of an error; what any program has a peer for, only of a database."""
    line = text[text.rfind("\n", 0, start) + 1 : start]
    is_ours = one.id not in ANY_PEER or DATABASE_NAMED.search(text) is not None
    is_labelled = _LABEL.search(line) is not None or _WRAPPED.match(line) is not None
    return is_ours and is_labelled and _TEST.match(line) is None
