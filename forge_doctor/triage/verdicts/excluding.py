"""Causes that would look alike and do not hold: a rival that had less to show, or one whose signs were looked for in vain."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from forge_doctor.diagnosis import RuledOut
from forge_doctor.triage.cause import Cause
from forge_doctor.triage.facts import Facts
from forge_doctor.triage.verdicts.explaining import Standing

MOST = 4


def ruled_out(
    one: Standing, others: Iterable[Standing], causes: Mapping[str, Cause], facts: Facts
) -> tuple[RuledOut, ...]:
    """Of one diagnosis."""
    told = {each.suspicion.cause.id for each in others} | {one.suspicion.cause.id}
    found = {each.cause: each for each in (*_rivals(one, told), *_absent(one, told, causes, facts))}
    return tuple(found.values())[:MOST]


def _rivals(one: Standing, told: set[str]) -> Iterator[RuledOut]:
    for rival in one.rivals:
        if rival.cause.id in told:
            continue
        had, has = ", ".join(sorted(rival.sources)), ", ".join(sorted(one.suspicion.sources))
        more = one.suspicion.sources - rival.sources
        why = (
            f"only {had} could mean it; {has} say {one.suspicion.cause.id}"
            if more
            else f"{one.suspicion.cause.id} explains more"
        )
        yield RuledOut(cause=rival.cause.id, why=why)


def _absent(one: Standing, told: set[str], causes: Mapping[str, Cause], facts: Facts) -> Iterator[RuledOut]:
    """Those that explain the same symptoms, whose parts looked and found nothing of them."""
    symptoms = {check for each in one.symptoms for check in each.clue.says} | {
        check for each in one.suspicion.live for check in each.says
    }
    blind = {each.check for each in facts.not_run}
    for cause in sorted(causes.values(), key=lambda each: each.depth):
        if cause.id in told or not cause.absent or not symptoms & cause.explains:
            continue
        parts = [part for part in cause.shows if part != "lint"]
        looked = all(facts.report(part) is not None for part in parts)
        said = {each.check for part in parts for each in facts.findings(part)}
        if parts and looked and not any(cause.shows[part] & (blind | said) for part in parts):
            yield RuledOut(cause=cause.id, why=cause.absent)
