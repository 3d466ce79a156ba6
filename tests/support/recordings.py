"""Records written look by look at times a test sets, and a busy service to record."""

from __future__ import annotations

import random
import zlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from forge_doctor.pool.recorder.write import Instant, Recorder
from forge_doctor.pool.snapshot import DatabaseCounters, PoolSnapshot
from forge_doctor.probes.postgres.backends.session import Session
from tests.support.snapshots import server, session, snapshot, worker

# 2026-11-28 03:00:00 UTC
MIDNIGHT_AND_THREE = 1_795_834_800.0


class Clock:
    """Both clocks; `set_by` moves the one that people set."""

    def __init__(self, wall: float = MIDNIGHT_AND_THREE) -> None:
        self.wall, self.monotonic = wall, 5_000.0

    def __call__(self) -> Instant:
        return Instant(self.wall, self.monotonic)

    def on(self, seconds: float) -> None:
        self.wall, self.monotonic = self.wall + seconds, self.monotonic + seconds

    def set_by(self, seconds: float) -> None:
        self.wall += seconds


def recorder(folder: Path, clock: Clock, **options: Any) -> Recorder:
    return Recorder(folder, "doctor@127.0.0.1:5432/shop", clock, **{"run": "a", **options})


def seen_at(clock: Clock, *sessions: Session, **overrides: Any) -> PoolSnapshot:
    """A look of now, by the server's clock as well."""
    told = datetime.fromtimestamp(clock.wall, UTC).isoformat(timespec="microseconds")
    return snapshot(*sessions, server=server(clock=told), **overrides)


def idle_since(clock: Clock, pid: int, began: float, **overrides: Any) -> Session:
    """A session whose transaction began, and has done nothing, since that moment."""
    age = clock.wall - began
    times = {"state_age_s": age, "query_age_s": age, "xact_age_s": age + 0.01, "backend_age_s": age + 60}
    return session(pid, **{"state": "idle in transaction", **times, **overrides})


def text_of(path: Path) -> bytes:
    """What a segment says, however it ends."""
    return zlib.decompressobj(31).decompress(path.read_bytes())


def busy_service(clock: Clock, looks: int, backends: int = 200, used: float = 1.0) -> Iterator[PoolSnapshot]:
    """Looks two seconds apart at sessions that come and go; `used` is the share that ran something in between."""
    dice = random.Random(7)
    statements = [
        f"SELECT t{number}.id, t{number}.name, t{number}.created_at FROM table_{number} AS t{number} "
        f"WHERE t{number}.owner_id = $1 ORDER BY t{number}.id LIMIT $2"
        for number in range(60)
    ]
    known: dict[int, dict[str, Any]] = {}
    for look in range(looks):
        for pid in [pid for pid in known if dice.random() < 0.003]:
            del known[pid]
        while len(known) < backends:
            born = {
                "began": clock.wall - dice.random(),
                "port": dice.randint(32768, 60999),
                "worker": dice.randint(0, 7),
            }
            known[max(known, default=1000) + dice.randint(1, 5)] = born
        for one in known.values():
            if "state" not in one or dice.random() < used:
                one.update(_doing(dice, clock.wall, statements))
        sessions = tuple(_session(pid, one, clock.wall) for pid, one in sorted(known.items()))
        counters = DatabaseCounters(commits=3_000 * look + dice.randint(0, 999), reset_age_s=look * 2.0)
        seen = seen_at(clock, *sessions, processes=tuple(_worker(dice, number, sessions) for number in range(8)))
        assert seen.server is not None
        yield replace(seen, server=replace(seen.server, counters=counters))
        clock.on(2.0)


def _doing(dice: random.Random, now: float, statements: list[str]) -> dict[str, Any]:
    state = dice.choices(("idle", "active", "idle in transaction"), (75, 15, 10))[0]
    since = now - (dice.expovariate(1.0) if state == "idle" else dice.random() * 0.3)
    xact = None if state == "idle" else since - 0.1 * dice.random()
    return {
        "state": state,
        "since": since,
        "xact": xact,
        "statement": dice.choice([*statements, "COMMIT;", "ROLLBACK;"]),
    }


def _session(pid: int, one: dict[str, Any], now: float) -> Session:
    return session(
        pid,
        client_addr=f"10.0.0.{one['worker']}",
        client_port=one["port"],
        state=one["state"],
        wait_event=None if one["state"] == "active" else "ClientRead",
        backend_age_s=now - one["began"],
        xact_age_s=None if one["xact"] is None else now - one["xact"],
        query_age_s=now - one["since"],
        state_age_s=now - one["since"],
        statement=one["statement"],
    )


def _worker(dice: random.Random, number: int, sessions: tuple[Session, ...]) -> Any:
    own = [one for one in sessions if one.client_addr == f"10.0.0.{number}"]
    requests = tuple(dice.random() for _ in range(3))
    return worker(100 + number, *own, requests_in_flight=dice.randint(0, 9), request_ages_s=requests)
