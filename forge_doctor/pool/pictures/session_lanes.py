"""Sessions over time: one lane a holder, a bar a session, as long as its transaction or its state has lasted."""

from __future__ import annotations

from datetime import datetime

from forge_doctor.picture import Bar, Lane, Timeline, Tone
from forge_doctor.pool.inference.situation import Situation
from forge_doctor.pool.pictures.tones import tone_of
from forge_doctor.pool.wording import duration
from forge_doctor.probes.postgres.backends.session import Session

MOST_LANES, MOST_BARS = 16, 40
SHORTEST_AXIS_S = 60.0
WAITS = "waits for a lock"


def session_lanes(situation: Situation) -> Timeline | None:
    """Ages are the server's, and so is the moment they end at."""
    seen = situation.snapshot
    end = _moment(seen.server.clock if seen.server and seen.server.clock else seen.taken_at)
    holders = [one for one in situation.holders if one.sessions]
    if end is None or not holders:
        return None
    # Workers first, then whoever holds most: the application is what somebody came for.
    holders.sort(key=lambda one: (not one.is_worker, -one.connections, one.name))
    lanes = tuple(_lane(one.short_name, one.sessions, end) for one in holders[:MOST_LANES])
    starts = [bar.start for lane in lanes for bar in lane.bars if bar.tone is not Tone.CALM]
    start = min([end - SHORTEST_AXIS_S, *(end - (end - one) * 1.03 for one in starts)])
    rest = len(holders) - len(lanes)
    return Timeline(
        title="Sessions, by who holds them",
        start=start,
        end=end,
        lanes=lanes,
        note=f"{rest} more holders are left out." if rest else "",
    )


def _lane(name: str, sessions: tuple[Session, ...], end: float) -> Lane:
    ranked = sorted(sessions, key=lambda one: (tone_of(one) is Tone.CALM, -_lasted(one), one.pid))
    bars = tuple(_bar(one, end) for one in ranked[:MOST_BARS] if not one.hidden)
    return Lane(name=name, bars=bars, more=len(sessions) - len(bars))


def _bar(session: Session, end: float) -> Bar:
    waiting = bool(session.blocked_by)
    return Bar(
        label=f"pid {session.pid}",
        start=end - _lasted(session),
        end=end,
        state=WAITS if waiting else session.state or "unknown",
        tone=tone_of(session),
        detail=f"{session.user}@{session.database}, {'transaction open' if session.xact_age_s is not None else 'so'} "
        f"for {duration(_lasted(session))}",
    )


def _lasted(session: Session) -> float:
    """Seconds that the bar is long: of an open transaction all of it, else of the state."""
    return max(0.0, session.xact_age_s or session.state_age_s or 0.0)


def _moment(text: str) -> float | None:
    """Seconds since the epoch of an ISO moment, None where a file somebody wrote has something else."""
    try:
        told = datetime.fromisoformat(text)
    except ValueError:
        return None
    return told.timestamp() if told.tzinfo else None
