"""One cause gives one finding: what only shows it, about the same sessions, becomes its evidence; judges nothing itself."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from forge_doctor.dataclass import replace
from forge_doctor.finding import Finding, Related

SENTENCE_END = re.compile(r"(?<=[a-z)])\.\s+(?=[A-Z])")
_HELD = frozenset(
    {
        "hoarding-worker",
        "idle-in-transaction",
        "long-transaction",
        "slow-code-in-transaction",
        "worker-at-limit",
        "forgotten-connections",
        "pool-idle-in-transaction",
        "pool-too-small",
    }
)
# A cause -> the checks that tell what it looks like. A symptom is taken in only where all its sessions are the cause's.
EXPLAINS: Mapping[str, frozenset[str]] = {
    "blocking-session": _HELD
    | {"long-statement", "aborted-transaction", "leaked-transactions", "held-by-requests", "bouncer-session-state"},
    "stopped-process": _HELD
    | {"leaked-transactions", "held-by-requests", "held-by-dependency", "event-loop-blocked", "pool-waits-for-itself"}
    | {"foreign-holder", "old-generation", "connections-held-at-line", "unreturned-connections", "several-engines"},
    "connection-shared-after-fork": _HELD,
    "event-loop-blocked": _HELD | {"leaked-transactions", "held-by-requests", "held-by-dependency"},
    "pool-waits-for-itself": _HELD | {"leaked-transactions", "held-by-requests", "held-by-dependency"},
    "held-by-dependency": _HELD | {"not-the-database", "idle-connections-pile-up", "held-by-requests"},
    "held-by-requests": _HELD | {"not-the-database", "idle-connections-pile-up", "bouncer-clients-waiting"},
    "leaked-transactions": _HELD,
    "aborted-transaction": _HELD,
    "old-generation": _HELD | {"foreign-holder"},
    "several-engines": frozenset({"hoarding-worker", "worker-at-limit", "pool-oversized", "connection-churn"}),
    "unreturned-connections": frozenset(
        {"hoarding-worker", "worker-at-limit", "forgotten-connections", "idle-connections-pile-up", "pool-oversized"}
        | {"several-engines", "connection-churn"}
    ),
    "bouncer-session-pinned": frozenset({"bouncer-clients-waiting", "foreign-holder"}),
    "orphaned-session": _HELD | {"leaked-transactions", "foreign-holder"},
    "pool-idle-in-transaction": frozenset(
        {"hoarding-worker", "idle-in-transaction", "slow-code-in-transaction", "worker-at-limit", "pool-too-small"}
    ),
    "slow-code-in-transaction": frozenset({"hoarding-worker", "idle-in-transaction", "worker-at-limit"}),
    "forgotten-connections": frozenset({"hoarding-worker", "worker-at-limit"}),
    "long-statement": frozenset({"hoarding-worker", "worker-at-limit", "pool-too-small", "long-transaction"}),
    "idle-in-transaction": frozenset({"long-transaction", "hoarding-worker", "worker-at-limit"}),
    "worker-at-limit": frozenset({"hoarding-worker"}),
}


def join_causes(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings with each symptom taken into the cause that has all its sessions; its severity is kept."""
    told = list(findings)
    taken = {at: cause for at, one in enumerate(told) if (cause := _cause_of(one, told)) is not None}
    joined: list[Finding] = []
    for at, one in enumerate(told):
        if at not in taken:
            symptoms = [told[symptom] for symptom in taken if _last(symptom, taken) == at]
            joined.append(_with(one, symptoms))
    return tuple(joined)


def _cause_of(symptom: Finding, told: Sequence[Finding]) -> int | None:
    """The cause with the most explained checks first: the deepest of those that explain it."""
    if not symptom.sessions:
        return None
    pids = set(symptom.sessions)
    causes = [
        at
        for at, one in enumerate(told)
        if symptom.check in EXPLAINS.get(one.check, ()) and pids <= set(one.sessions) | _siblings(one, told)
    ]
    return max(causes, key=lambda at: (len(EXPLAINS[told[at].check]), len(pids & set(told[at].sessions))), default=None)


def _siblings(cause: Finding, told: Sequence[Finding]) -> set[int]:
    """The sessions of the same cause found elsewhere: one symptom may span two workers, or two statements."""
    return {pid for one in told if one.check == cause.check for pid in one.sessions}


def _last(at: int, taken: Mapping[int, int]) -> int:
    """The cause at the end of a chain: a symptom's cause may be a symptom itself. Arrows never go round: each cause
    explains only what explains less."""
    seen = {at}
    while at in taken and taken[at] not in seen:
        at = taken[at]
        seen.add(at)
    return at


def _with(cause: Finding, symptoms: Sequence[Finding]) -> Finding:
    if not symptoms:
        return cause
    related = tuple(Related(message=_fact(one.message), check=one.check) for one in symptoms)
    worst = max(cause.severity, *(one.severity for one in symptoms))
    return replace(cause, severity=worst, related=cause.related + related)


def _fact(message: str) -> str:
    """Its first sentence: what was seen, without what would follow from it alone."""
    return SENTENCE_END.split(message, maxsplit=1)[0].rstrip(".")
