"""What a chain of exceptions comes to: its first known one, or the last of those that nobody knows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from forge_doctor.dataclass import dataclass, replace
from forge_doctor.logs.culprit import Rules, find_culprit
from forge_doctor.logs.match import Catalogue, own_words
from forge_doctor.logs.peers import ANY_PEER
from forge_doctor.logs.recognition.wording import described, redacted, short
from forge_doctor.logs.records.event import Culprit, Event
from forge_doctor.logs.records.line_kind import is_class_name
from forge_doctor.logs.signature import Signature
from forge_doctor.regex import regex
from forge_doctor.streams.heads.frames import Section

_BENIGN = regex(
    r"(?:.*\.)?(?:KeyboardInterrupt|SystemExit|GeneratorExit|CancelledError|StopIteration|StopAsyncIteration|EndOfStream"
    r"|WouldBlock|ClientDisconnect|HTTPException|RequestValidationError)$"
)
# What a driver or a pool says again in its own words: the cause of what follows, no error beside it.
_TRANSLATED = regex(
    r"(?:.*\.)?(?:OSError|EOFError|BrokenPipeError|Connection\w*Error|IncompleteReadError|TimeoutError|CancelledError"
    r"|AttributeError)$"
)
# The driver's class in an error that SQLAlchemy wraps.
_DRIVER = regex(r"\(([\w.]+)\) (?:<class '([\w.]+)'>)?")
# IPython's rule, with which its report of an exception begins: what ran a notebook has it as the words of its own.
_REPORT_BELOW = regex(r"(?:^|\n)-{60,120}\s{0,20}$")
_LONGEST_RULE = 200
_GROUP = regex(r"(?:.*\.)?(?:Base)?ExceptionGroup$")
# What stands below a warning of a coroutine.
_HINT = "Enable tracemalloc to get the object allocation traceback"


@dataclass(frozen=True, slots=True)
class SectionEvents:
    """The events of a chain, by what is known of exceptions and of the user's code."""

    rules: Rules
    catalogue: Catalogue

    def known(self, sections: tuple[Section, ...]) -> Iterator[Event]:
        """One event for each leaf of the group (or for the chain): its first known section."""
        for branch in _leaves(sections):
            for at, section in enumerate(sections):
                if section.branch != branch:
                    continue
                signature = self.catalogue.match_section(section, sections)
                if signature is not None:
                    at, signature = self._more_telling(sections, at, signature)
                    section = sections[at]
                    root = self._unknown_root(sections[:at], branch) if signature.fallout else None
                    culprit = find_culprit(sections, at, self.rules.app_roots)
                    event = root or _event(signature, section, culprit)
                    yield replace(event, trails=_trails(sections, branch))
                    break

    def _more_telling(self, sections: tuple[Section, ...], at: int, signature: Signature) -> tuple[int, Signature]:
        """Where the driver says in its own words what any program may meet (`Connection reset by peer`), those: else what was found."""
        if not (signature.fallout and signature.id in ANY_PEER):
            return at, signature
        for later in range(at + 1, len(sections)):
            if sections[later].branch == sections[at].branch:
                told = self.catalogue.match_section(sections[later], sections)
                if told is not None and told.category == signature.category and not told.fallout:
                    return later, told
        return at, signature

    def _unknown_root(self, before: Sequence[Section], branch: str) -> Event | None:
        """The error that nobody knows before one that only follows from others, if it is more than that one's cause in other words."""
        for at, section in enumerate(before):
            if section.branch == branch and section.exception and not _TRANSLATED.match(section.exception):
                return self._stranger(before, at)
        return None

    def unknown(self, sections: tuple[Section, ...]) -> Iterator[Event]:
        """One event for each leaf: its last exception, if it tells of a fault."""
        for branch in _leaves(sections):
            own = [at for at, section in enumerate(sections) if section.branch == branch and section.exception]
            event = self._stranger(sections, own[-1], alone=len(sections) == len(own)) if own else None
            if event is not None:
                yield replace(event, trails=_trails(sections, branch))

    def _stranger(self, sections: Sequence[Section], at: int, *, alone: bool = False) -> Event | None:
        """An exception that nobody knows, if it tells of a fault: of a group those in it do, where they are shown."""
        section = sections[at]
        if _BENIGN.match(section.exception) or (_GROUP.match(section.exception) and not (alone and not section.branch)):
            return None
        if not is_class_name(section.exception) or section.message.startswith(_HINT):
            return None
        if _REPORT_BELOW.search(section.message[-_LONGEST_RULE:]):
            return None
        if self.catalogue.match_wrapper(f"{section.exception}: {own_words(section.message)}"):
            return None
        culprit = redacted(find_culprit(sections, at, self.rules.app_roots))
        driver = _DRIVER.match(section.message) if section.exception.startswith("sqlalchemy.") else None
        return Event(
            signature="",
            exception=section.exception,
            message=short(section.message),
            culprit=culprit,
            detail=(driver[2] or driver[1]) if driver else "",
        )


def _event(signature: Signature, section: Section, culprit: Culprit | None) -> Event:
    return described(
        Event(
            signature=signature.id,
            exception=section.exception,
            message=short(section.message),
            culprit=redacted(culprit) if signature.blames else None,
            endpoint=section.endpoint,
        ),
        signature,
        own_words(section.message),
    )


def _trails(sections: Sequence[Section], branch: str) -> tuple[tuple[int, ...], ...]:
    chain = [section for section in sections if section.branch == branch]
    return tuple(tuple(hash((one.file, one.line, one.function)) for one in section.frames) for section in chain)


def _leaves(sections: Sequence[Section]) -> list[str]:
    """The branches that hold no others: the leaves of a group, or the chain itself."""
    branches = list(dict.fromkeys(section.branch for section in sections))
    leaves = [one for one in branches if not any(other != one and _within(other, one) for other in branches)]
    return leaves if leaves != [""] else [""]


def _within(inner: str, outer: str) -> bool:
    return outer == "" or inner.startswith(outer + ".")
