"""What an event says of its message: shortened, secrets taken out, with the numbers that its signature asks for."""

from __future__ import annotations

import re

from forge_doctor.dataclass import replace
from forge_doctor.logs.records.event import Culprit, Event
from forge_doctor.logs.signature import Signature
from forge_doctor.redaction import redact

_LONGEST_MESSAGE = 600


def described(event: Event, signature: Signature, text: str) -> Event:
    """The event with what its message names: numbers, a detail, the object it is about."""
    numbers = []
    for name, pattern in signature.numbers:
        found = re.search(pattern, text)
        if found:
            numbers.append((name, float(found[1])))
    detail = re.search(signature.detail, text) if signature.detail else None
    once = re.search(signature.once, text) if signature.once else None
    return replace(
        event,
        numbers=tuple(numbers),
        detail=detail[1] if detail else "",
        once=f"{signature.id} {once[1]}" if once else "",
    )


def short(text: str) -> str:
    """A message as it is shown."""
    return redact(text.strip(), _LONGEST_MESSAGE)


def redacted(culprit: Culprit | None) -> Culprit | None:
    """The user's line as it is shown."""
    return replace(culprit, code=redact(culprit.code)) if culprit is not None and culprit.code else culprit
