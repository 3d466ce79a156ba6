"""What a record's own words come to, its traceback left aside: a message, a warning, a line at ERROR that nobody knows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from forge_doctor.dataclass import dataclass
from forge_doctor.logs.culprit import Rules, find_culprit, innermost, is_app
from forge_doctor.logs.match import Catalogue
from forge_doctor.logs.peers import ANY_PEER
from forge_doctor.logs.recognition.wording import described, redacted, short
from forge_doctor.logs.records.block import Block
from forge_doctor.logs.records.block_text import has_part_of_trace, words_of
from forge_doctor.logs.records.event import Event
from forge_doctor.logs.records.template import template_of
from forge_doctor.logs.records.tracebacks.traceback_text import FRAME
from forge_doctor.logs.signature import Signature
from forge_doctor.regex import regex
from forge_doctor.streams.heads.frames import Frame, Section
from forge_doctor.streams.heads.head import Head

_LIBRARY_COROUTINE = regex(r"_?Async(?:Adapt|io)?_|AsyncAdapt|Connection\._|Pool\._|connect_utils")
_QUERY_LOG = regex(rb"(?:duration: \S+ ms +)?(?:statement|execute|parse|bind)\b[^:]*: ")


@dataclass(frozen=True, slots=True)
class MessageEvents:
    """The events of messages, by what is known of their words and of the user's code."""

    rules: Rules
    catalogue: Catalogue

    def told(self, block: Block, traces: Sequence[tuple[Section, ...]]) -> Event | None:
        """What the record's own words say, the traceback left aside."""
        head, text = block.head, words_of(block)
        if head is not None and not self.tells(head, text.encode("utf-8", "surrogateescape")):
            return None
        signature = self.catalogue.match_text(text, bare=head is None, origin=head.origin if head else "app")
        if signature is not None and signature.id in ANY_PEER and head is not None and head.level < 0:
            # Without a level it may be any program's on the machine.
            signature = self.catalogue.match_text(text, bare=True, origin=head.origin)
        if signature is None or (
            head is not None
            and head.level < (40 if signature.caught else 30)
            and head.level >= 0
            and not _loud(signature, head)
        ):
            return None
        culprit = next((found for one in traces if (found := find_culprit(one, 0, self.rules.app_roots))), None)
        event = Event(
            signature=signature.id,
            exception="",
            message=short(text),
            culprit=redacted(culprit) if signature.blames else None,
        )
        return described(event, signature, text)

    def tells(self, head: Head, text: bytes) -> bool:
        """Whether the record may be about a fault: loud enough, no access log, no logged query."""
        if b"HTTP/1." in text[:400] or b"HTTP/2" in text[:400]:
            return False
        if head.origin != "app":
            return not _QUERY_LOG.match(head.message)
        return head.level >= 30 or head.level < 0 or self.catalogue.has_any_level(text)

    def warning(self, head: Head, lines: Sequence[bytes]) -> Iterator[Event]:
        """A Python warning: its place is the culprit where it is the user's."""
        text = head.message.decode("utf-8", "replace")
        signature = self.catalogue.match_text(text.split(": ", 1)[-1], bare=False, origin="app")
        if signature is None or head.warned is None:
            return
        file, line = head.warned
        code = next((raw.decode("utf-8", "replace").strip() for raw in lines if raw.startswith(b"  ")), "")
        culprit = innermost(_allocated(lines), self.rules.app_roots)
        if culprit is None and is_app(file, self.rules.app_roots) and file != "sys":
            culprit = innermost([Frame(file=file, line=line, function="", code=code)], self.rules.app_roots)
        # A warning that only quotes what was raised is a message about that.
        category = text.split(": ", 2)[1] if text.count(": ") > 1 else ""
        event = Event(
            signature=signature.id,
            exception=category if category in {name.rpartition(".")[2] for name in signature.exceptions} else "",
            message=short(text.split(": ", 1)[-1]),
            culprit=redacted(culprit) if signature.blames else None,
        )
        event = described(event, signature, text)
        if not (signature.id == "coroutine-never-awaited" and _LIBRARY_COROUTINE.search(event.detail)):
            yield event

    def stated(self, head: Head, text: bytes) -> Iterator[Event]:
        """The event of a line at ERROR that nobody knows: its template."""
        record = head.record
        if (record is not None and (record.sections or "Traceback (most" in record.trace)) or has_part_of_trace(
            head.message
        ):
            return
        message = head.message.decode("utf-8", "replace")
        if not message.strip() or self.catalogue.match_wrapper(message):
            return
        yield Event(signature="", exception="", message=short(message.partition("\n")[0]), detail=template_of(text))


def _loud(signature: Signature, head: Head) -> bool:
    return signature.any_level or head.origin != "app"


def _allocated(lines: Sequence[bytes]) -> list[Frame]:
    frames = []
    for raw in lines:
        found = FRAME.match(raw.decode("utf-8", "replace")) if b'File "' in raw else None
        if found:
            frames.append(Frame(file=found[1], line=int(found[2][:9]), function=(found[3] or "").strip()))
    return frames
