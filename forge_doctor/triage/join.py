"""From facts to causes: every cause is asked, those that hold take their symptoms out, what is left stays unexplained."""

from __future__ import annotations

from datetime import datetime

from forge_doctor.dataclass import dataclass
from forge_doctor.diagnosis import Diagnosis, RuledOut
from forge_doctor.finding import Finding
from forge_doctor.triage.cause import load_causes
from forge_doctor.triage.facts import Facts
from forge_doctor.triage.graph.edges import Edges
from forge_doctor.triage.graph.graph import Graph
from forge_doctor.triage.verdicts.excluding import ruled_out
from forge_doctor.triage.verdicts.explaining import Standing, standing
from forge_doctor.triage.verdicts.telling import told
from forge_doctor.triage.verdicts.urgency import Ranked, in_order, urgency_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """The causes, gravest first; the findings of the parts that none explains; what was thought of and does not hold."""

    diagnoses: tuple[Diagnosis, ...] = ()
    unexplained: tuple[Finding, ...] = ()
    ruled_out: tuple[RuledOut, ...] = ()


def join(facts: Facts) -> Joined:
    """The causes of what the parts found."""
    graph, causes = Graph(facts), load_causes()
    found, left = standing(causes.values(), graph.clues, Edges(graph.code))
    diagnoses = in_order([_told(one, found, graph) for one in found])
    return Joined(
        diagnoses=tuple(diagnoses),
        unexplained=tuple(one.finding for one in left),
        ruled_out=tuple(dict.fromkeys(each for one in diagnoses for each in one.ruled_out)),
    )


def _told(one: Standing, found: tuple[Standing, ...], graph: Graph) -> Ranked:
    urgency = urgency_of(one, _seconds(graph.facts.taken_at))
    excluded = ruled_out(one, found, load_causes(), graph.facts)
    began = min((each.first for each in one.suspicion.live if each.first is not None), default=None)
    waiting = len(one.suspicion.sessions) - len(one.suspicion.holding)
    return Ranked(diagnosis=told(one, graph, urgency, excluded), waiting=waiting, began=began)


def _seconds(moment: str) -> float | None:
    try:
        return datetime.fromisoformat(moment).timestamp()
    except ValueError:
        return None
