"""Who waits for whom, as a tree: each waiter once, behind one of those it waits for that are nearest to a root."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from forge_doctor.picture import Node, Tone, Tree
from forge_doctor.pool.inference.session_facts import held, wanted
from forge_doctor.pool.inference.situation import Situation
from forge_doctor.pool.pictures.tones import tone_of
from forge_doctor.pool.wording import duration
from forge_doctor.probes.postgres.backends.lock_queues import lock_name
from forge_doctor.probes.postgres.backends.session import Session

# More than fits on a page helps nobody; what is left out is counted.
MOST_BEHIND, DEEPEST = 40, 12


def wait_tree(situation: Situation) -> Tree | None:
    """None where nobody waits."""
    backends = {one.pid: one for one in (*situation.snapshot.background, *situation.sessions)}
    waiting = {pid: set(one.blocked_by) for pid, one in backends.items() if one.blocked_by}
    if not waiting:
        return None
    roots = sorted({blocker for blockers in waiting.values() for blocker in blockers} - waiting.keys())
    behind, placed = _levels(waiting, roots)
    circle = sorted(waiting.keys() - placed)
    if circle:
        # A deadlock has nobody in front: any of them may stand there.
        more, _ = _levels({pid: waiting[pid] for pid in circle[1:]}, circle[:1])
        behind, roots = {**behind, **more}, [*roots, circle[0]]
    nodes = tuple(_node(situation, backends, behind, pid, DEEPEST) for pid in roots[:MOST_BEHIND])
    rest = len(roots) - len(nodes)
    return Tree(
        title="Who waits for whom", roots=nodes, note=f"{rest} more with somebody behind them." if rest > 0 else ""
    )


def _levels(waiting: Mapping[int, set[int]], roots: list[int]) -> tuple[Mapping[int, list[int]], set[int]]:
    """From the roots outwards: who stands behind whom, and everybody placed."""
    followers: defaultdict[int, list[int]] = defaultdict(list)
    for pid, blockers in sorted(waiting.items()):
        for blocker in blockers:
            followers[blocker].append(pid)
    behind: defaultdict[int, list[int]] = defaultdict(list)
    placed, level = set(roots), list(roots)
    while level:
        nearest = level
        level = []
        for blocker in nearest:
            for pid in followers.get(blocker, ()):
                if pid not in placed:
                    placed.add(pid)
                    behind[blocker].append(pid)
                    level.append(pid)
    return behind, placed


def _node(
    situation: Situation, backends: Mapping[int, Session], behind: Mapping[int, list[int]], pid: int, deep: int
) -> Node:
    followers = sorted(behind.get(pid, ()), key=lambda one: (-(backends[one].query_age_s or 0), one))
    shown = followers[:MOST_BEHIND] if deep else []
    session = backends.get(pid)
    return Node(
        label="a prepared transaction" if pid == 0 else _name(session, pid),
        detail="" if session is None else ", ".join(_facts(session, situation)),
        tone=Tone.HOLDING if session is None else tone_of(session),
        behind=tuple(_node(situation, backends, behind, one, deep - 1) for one in shown),
        more=_size(followers[len(shown) :], behind),
    )


def _size(pids: list[int], behind: Mapping[int, list[int]]) -> int:
    """All that is left out with them."""
    counted, pending = 0, list(pids)
    while pending:
        counted += 1
        pending += behind.get(pending.pop(), ())
    return counted


def _name(session: Session | None, pid: int) -> str:
    if session is None or not session.user:
        return f"pid {pid}"
    return f"pid {pid} {session.user}@{session.database}"


def _facts(session: Session, situation: Situation) -> Iterator[str]:
    yield situation.holder_of(session)
    if session.state and not session.blocked_by:
        yield f"{session.state} for {duration(session.state_age_s)}"
    if session.blocked_by:
        waited = session.lock_wait_s if session.lock_wait_s is not None else session.query_age_s
        yield f"waits for {duration(waited)}"
    locks = wanted(session, situation.snapshot) or held(session, situation.snapshot)
    names = list(dict.fromkeys(lock_name(lock) for lock in locks))
    if names:
        yield f"{'wants' if session.blocked_by else 'holds'} {names[0]}"
    if situation.snapshot.show_query and session.statement:
        yield session.statement
