"""Groups idle transactions by the statement they stopped after; judges none of them."""

from __future__ import annotations

from collections import defaultdict

from forge_doctor.pool.inference.situation import Situation
from forge_doctor.probes.postgres.backends.session import Session


def same_statement(situation: Situation) -> tuple[tuple[Session, ...], ...]:
    """The sessions idle in transaction (not aborted) by last statement, role and database; largest group first."""
    groups: defaultdict[tuple[str, str, str], list[Session]] = defaultdict(list)
    for session in situation.sessions:
        if session.idle_in_transaction and not session.aborted and session.statement:
            groups[session.statement, session.user, session.database].append(session)
    return tuple(sorted((tuple(group) for group in groups.values()), key=lambda group: (-len(group), group[0].pid)))
