"""The source around the line of each cause, where it can be read and is still the code that ran; judges nothing."""

from __future__ import annotations

from forge_doctor.dataclass import replace
from forge_doctor.diagnosis import Diagnosis, Place
from forge_doctor.finding import Location
from forge_doctor.picture import Excerpt
from forge_doctor.redaction import redact_source
from forge_doctor.triage.code_map import last
from forge_doctor.triage.facts import Application, Facts
from forge_doctor.triage.join import Joined

AROUND = 3
LARGEST_BYTES = 4_000_000


def with_excerpts(joined: Joined, facts: Facts) -> Joined:
    """The causes with what their lines say."""
    return replace(joined, diagnoses=tuple(_with_excerpt(one, facts) for one in joined.diagnoses))


def _with_excerpt(one: Diagnosis, facts: Facts) -> Diagnosis:
    if one.place is None or one.place.line is None:
        return one
    owners = [each for each in facts.case.applications if each.name == one.application] or facts.case.applications
    found = (_excerpt(one.place, one.place.line, owner, facts) for owner in owners)
    return replace(one, excerpt=next((each for each in found if each is not None), None))


def _excerpt(place: Place, line: int, owner: Application, facts: Facts) -> Excerpt | None:
    """None where the file cannot be read, or has other code in that line than what ran."""
    around = facts.code.at(place.file, line)
    if place.function and (around is None or last(around.name) != last(place.function)):
        return None
    lines = _lines(owner, place.file)
    if not 1 <= line <= len(lines) or not lines[line - 1].strip():
        return None
    first = max(1, line - AROUND)
    shown = tuple(redact_source(text.rstrip()) for text in lines[first - 1 : line + AROUND])
    return Excerpt(location=Location(target=place.file, line=line), first=first, lines=shown, title=str(place))


def _lines(owner: Application, file: str) -> list[str]:
    if owner.source is None:
        return []
    path = owner.source.here / file
    try:
        if path.stat().st_size > LARGEST_BYTES:
            return []
        return path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
