"""From facts to causes: every cause is asked, those that hold take their symptoms out, what is left stays unexplained."""

from __future__ import annotations

from dataclasses import dataclass

from forge_doctor.diagnosis import Diagnosis, RuledOut
from forge_doctor.finding import Finding
from forge_doctor.triage.facts import Facts


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """The causes, gravest first; the findings of the parts that none explains; what was thought of and does not hold."""

    diagnoses: tuple[Diagnosis, ...] = ()
    unexplained: tuple[Finding, ...] = ()
    ruled_out: tuple[RuledOut, ...] = ()


def join(facts: Facts) -> Joined:
    """The causes of what the parts found."""
    return Joined(
        unexplained=tuple(one for part in ("pool", "logs", "slow", "migrations") for one in facts.findings(part))
    )
