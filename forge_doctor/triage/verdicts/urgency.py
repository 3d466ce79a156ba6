"""What a cause does to the service: data lost, an outage now or soon, or a risk; and which is told first."""

from __future__ import annotations

from collections.abc import Sequence

from forge_doctor.dataclass import dataclass
from forge_doctor.diagnosis import Diagnosis, Urgency, Verdict
from forge_doctor.finding import Severity
from forge_doctor.triage.graph.clues import Clue
from forge_doctor.triage.graph.words import EXHAUSTION, WAITING
from forge_doctor.triage.verdicts.explaining import Standing
from forge_doctor.triage.verdicts.suspicion import RANK

# A log's last line of a fault that is older than that tells of something over.
OVER_S = 600.0
GROWS = frozenset({"headroom-low", "connection-limit-low", "worker-at-limit"})
REFUSED = (EXHAUSTION | WAITING) - GROWS


def urgency_of(standing: Standing, taken_at: float | None) -> Urgency:
    """Of a cause with its symptoms."""
    cause = standing.suspicion.cause
    if not standing.suspicion.live:
        return Urgency.RISK
    if cause.urgency is Urgency.DATA_LOSS:
        return cause.urgency
    told = [*standing.suspicion.live, *(one.clue for one in standing.symptoms)]
    if cause.held and all(one.part == "logs" for one in standing.suspicion.live):
        # Nobody is seen to hold anything now: what else the logs say may be of others.
        told = [*standing.suspicion.live]
    lasting = [one for one in told if not _is_over(one, taken_at)]
    if any(_stops(one) for one in lasting):
        return Urgency.OUTAGE
    if any(one.check in GROWS for one in lasting):
        return Urgency.OUTAGE_SOON
    if not lasting:
        return Urgency.RISK
    return cause.urgency


def _is_over(clue: Clue, taken_at: float | None) -> bool:
    return clue.part == "logs" and taken_at is not None and clue.last is not None and clue.last < taken_at - OVER_S


def _stops(clue: Clue) -> bool:
    """Whether requests fail or wait of it now."""
    if clue.check in REFUSED:
        return True
    return clue.part == "pool" and clue.finding.severity >= Severity.CRITICAL and len(clue.sessions) > len(clue.holding)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """A diagnosis, how many sessions wait for its own, and when it began."""

    diagnosis: Diagnosis
    waiting: int = 0
    began: float | None = None


def in_order(diagnoses: Sequence[Ranked]) -> list[Diagnosis]:
    """Gravest first; then by how much each explains, how sure it is, and which began first."""
    return [one.diagnosis for one in sorted(diagnoses, key=_rank)]


def _rank(ranked: Ranked) -> tuple[float, ...]:
    one, began = ranked.diagnosis, ranked.began
    symptoms = sum(each.count or 1 for each in one.symptoms)
    unsure = one.verdict is Verdict.INCONCLUSIVE
    return (
        one.urgency,
        unsure,
        -len(one.symptoms) - ranked.waiting,
        -symptoms,
        -RANK[one.verdict],
        float("inf") if began is None else began,
    )
