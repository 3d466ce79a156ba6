"""A snapshot as a JSON object that changes little from look to look, and back again.

Ages become moments, which stay while a transaction does; sessions and processes are members by pid; what has its
default value is left out. Texts are redacted here, so that nothing that is written holds a secret.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from enum import Enum
from functools import cache, lru_cache
from itertools import groupby
from statistics import median
from typing import Any

from forge_doctor.pool.record import snapshot_of
from forge_doctor.pool.snapshot import PoolSnapshot
from forge_doctor.probes.postgres.backends.session import Session
from forge_doctor.redaction import redact
from forge_doctor.redaction.held import mask_held

# An age, and what the moment is called that it counts from: where PostgreSQL has a name for it, that one.
SINCE = {
    "backend_age_s": "backend_start",
    "xact_age_s": "xact_start",
    "query_age_s": "query_start",
    "state_age_s": "state_change",
    "lock_wait_s": "waitstart",
    "age_s": "prepared_at",
    "reset_age_s": "stats_reset",
}
OF_A_PROCESS = {"age_s": "process_start", "held_s": "checked_out", "request_ages_s": "requests_came"}
AGES = {moment: age for age, moment in (*SINCE.items(), *OF_A_PROCESS.items())}
# Members by pid, and those where one pid has several.
BY_PID = ("sessions", "background", "processes")
SEVERAL_BY_PID = ("statement_lines",)
# Told by the look's own times, or asked anew by whoever replays it.
LEFT_OUT = frozenset({"taken_at", "show_query", "looks"})
SEEN_BEFORE_S = 5.0

Object = dict[str, Any]


def look_document(snapshot: PoolSnapshot, at: float, clock: float) -> Object:
    """The snapshot; `at` is the look's time by our clock and `clock` by the server's, from any one beginning."""
    document: Object = {}
    for name, default in _fields(PoolSnapshot):
        value = getattr(snapshot, name)
        if name in LEFT_OUT or value == default:
            continue
        ages, now = (OF_A_PROCESS, at) if name == "processes" else (SINCE, clock)
        document[name] = _by_pid(name, value, ages, now) or _plain(value, ages, now)
    if "server" in document:
        document["server"].pop("clock", None)
    return document


def look_snapshot(document: Mapping[str, Any], at: float, clock: float, origin: float, where: str) -> PoolSnapshot:
    """The snapshot of a document whose times count from `origin`; raises `CannotInspect` saying `where`."""
    whole: Object = {"taken_at": iso(origin + at)}
    for name, value in document.items():
        whole[name] = _with_ages(_listed(name, value), at if name == "processes" else clock)
    if isinstance(whole.get("server"), dict):
        whole["server"]["clock"] = iso(origin + clock, "microseconds")
    return snapshot_of(whole, where)


def server_clock(snapshot: PoolSnapshot) -> float | None:
    """Seconds since the epoch by the server's clock, None where no server said so."""
    if snapshot.server is None or not snapshot.server.clock:
        return None
    return datetime.fromisoformat(snapshot.server.clock).timestamp()


def steadied(clock: float, sessions: Iterable[Session], starts: Mapping[str, Any]) -> float:
    """The server's clock as the sessions were read, some time after it was asked for.

    A session begins once: where most of those seen before seem to have begun a little later now, the clock was read
    so much earlier than their ages. `starts` are the sessions of the look before, as objects.
    """
    drift = [
        clock - one.backend_age_s - starts[str(one.pid)]["backend_start"]
        for one in sessions
        if one.backend_age_s is not None and "backend_start" in starts.get(str(one.pid), ())
    ]
    shift = median(drift) if drift else 0.0
    return clock - shift if abs(shift) < SEEN_BEFORE_S else clock


def iso(moment: float, timespec: str = "seconds") -> str:
    """Seconds since the epoch as ISO 8601 in UTC."""
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec=timespec)


@lru_cache(maxsize=8192)
def safe(text: str) -> str:
    """The text without secrets; the same ones come again with each look."""
    return mask_held(redact(text))


@cache
def _fields(kind: type) -> tuple[tuple[str, Any], ...]:
    """Names and defaults; a factory's is what it makes, which is compared and never kept."""

    def default(field: dataclasses.Field[Any]) -> Any:
        factory = field.default_factory
        return field.default if factory is dataclasses.MISSING else factory()

    return tuple((field.name, default(field)) for field in dataclasses.fields(kind))


def _plain(value: Any, ages: Mapping[str, str], now: float) -> Any:
    if isinstance(value, str):
        return value.value if isinstance(value, Enum) else safe(value)
    if isinstance(value, Enum):
        return value.value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            ages.get(name, name): _moment(item, now) if name in ages else _plain(item, ages, now)
            for name, default in _fields(type(value))
            if (item := getattr(value, name)) != default
        }
    if isinstance(value, tuple):
        return [_plain(item, ages, now) for item in value]
    if isinstance(value, Mapping):
        return {safe(key): _plain(item, ages, now) for key, item in value.items()}
    return value


def _moment(age: Any, now: float) -> Any:
    if isinstance(age, tuple):
        return [_moment(one, now) for one in age]
    return None if age is None else round(now - age, 2)


def _by_pid(name: str, value: Any, ages: Mapping[str, str], now: float) -> Object | None:
    """Members by pid, without it; None for what has no pids, or one of them twice."""
    if name in SEVERAL_BY_PID:
        groups = groupby(sorted(value, key=lambda one: one.pid), key=lambda one: one.pid)
        return {str(pid): [_without_pid(one, ages, now) for one in several] for pid, several in groups}
    if name not in BY_PID or len({one.pid for one in value}) < len(value):
        return None
    return {str(one.pid): _without_pid(one, ages, now) for one in value}


def _without_pid(value: Any, ages: Mapping[str, str], now: float) -> Object:
    made: Object = _plain(value, ages, now)
    del made["pid"]
    return made


def _listed(name: str, value: Any) -> Any:
    """As the snapshot has it: in order of pids."""
    if name not in (*BY_PID, *SEVERAL_BY_PID) or not isinstance(value, dict):
        return value
    pids = sorted((pid for pid in value if pid.isdecimal()), key=int)
    several = ((pid, one) for pid in pids for one in (value[pid] if isinstance(value[pid], list) else [value[pid]]))
    return [{"pid": int(pid), **one} if isinstance(one, dict) else one for pid, one in several]


def _with_ages(value: Any, now: float) -> Any:
    if isinstance(value, list):
        return [_with_ages(item, now) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        AGES.get(key, key): _age(item, now) if key in AGES else _with_ages(item, now) for key, item in value.items()
    }


def _age(moment: Any, now: float) -> Any:
    if isinstance(moment, list):
        return [_age(one, now) for one in moment]
    is_number = isinstance(moment, int | float) and not isinstance(moment, bool)
    return max(0.0, round(now - moment, 2)) if is_number else moment
