"""Whose kill of a worker a server tells of: its own after a timeout or when its stop took too long, or another's.

Told to stop, gunicorn waits for its workers, kills at once all that have not stopped when the time for it is over, and ends: no worker
ends later than those. Where one does, the kill before was none of gunicorn's. Of the last worker's kill it cannot be told.
Celery kills the process of a task that ran into its hard time limit, and says that it did, once for each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from forge_doctor.dataclass import dataclass
from forge_doctor.logs.records.event import Event, Sighting
from forge_doctor.regex import regex

KILLS = ("worker-oom", "worker-signal-old")
LIMITED, LOST = "task-time-limit", "celery-worker-lost"
IN_ORDER = (*KILLS, LIMITED, LOST)
"""Faults of which it matters what was told before."""
TIMED_OUT = regex(rb"(?:WORKER TIMEOUT|HARAKIRI ON WORKER \d{1,6}) \(pid: ?(\d+)[,)]")
# How Celery says that it kills a task's process, and how that it is gone: in that order, and soon.
_LIMIT, _GONE = "Hard time limit (", " exited with 'signal "
GONE_WITHIN_S = 30.0
# Its stamps have whole seconds: two of them are more than one.
LATER_S = 2.0
MOST_HELD = 256
# How gunicorn says that it was told to stop.
_STOPS = tuple(b"Handling signal: " + name for name in (b"int", b"quit", b"term"))
_ENDS = b"Worker exiting (pid"
_KILLED = regex(r"(?:pid: ?|with pid )(\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kill:
    """A kill within a stop, of which it is not yet known whose it was."""

    event: Event
    seen: Sighting
    example: Callable[[], str]


class WorkerKills:
    """What gunicorn said of its timeouts and stops, and the kills that wait for what it says next."""

    def __init__(self) -> None:
        self._timed_out: set[str] = set()
        # Those that were told to stop, each with the kills it told of since.
        self._stopping: dict[str, list[Kill]] = {}
        # When a task ran into its hard limit whose process is not known to be gone.
        self._limited: dict[str, list[float | None]] = {}

    def note(self, source: str, message: bytes, at: float | None) -> Iterator[Kill]:
        """Remember what a record says of a worker; the kills that are now known to be another's."""
        found = TIMED_OUT.search(message) if b" (pid:" in message else None
        if found:
            self._timed_out.add(found[1].decode())
        if message.startswith(_STOPS):
            self._stopping.setdefault(source, [])
        elif message.startswith(b"Starting gunicorn "):
            self._stopping.pop(source, None)
        elif at is not None and message.startswith(_ENDS) and self._stopping.get(source):
            waiting = self._stopping[source]
            self._stopping[source] = [kill for kill in waiting if not _is_before(kill, at)]
            yield from (kill for kill in waiting if _is_before(kill, at))

    def takes(self, event: Event, seen: Sighting, example: Callable[[], str]) -> bool:
        """Whether an event is a kill that is the server's own, or may be: it waits."""
        if event.signature in (LIMITED, LOST):
            return self._is_over_limit(event, seen)
        if event.signature not in KILLS:
            return False
        held = self._stopping.get(seen.source)
        if held is None:
            found = _KILLED.search(event.message)
            return found is not None and found[1] in self._timed_out
        if len(held) < MOST_HELD:
            text = example()
            held.append(Kill(event=event, seen=seen, example=lambda: text))
        return True

    def _is_over_limit(self, event: Event, seen: Sighting) -> bool:
        """Whether an event is the end of a process that Celery said it would kill."""
        limited = self._limited.setdefault(seen.source, [])
        if event.signature == LIMITED and _LIMIT in event.message and len(limited) < MOST_HELD:
            limited.append(seen.at)
        if event.signature == LIMITED or _GONE not in event.message:
            return False
        limited[:] = [at for at in limited if at is None or seen.at is None or 0 <= seen.at - at <= GONE_WITHIN_S]
        if not limited:
            return False
        del limited[0]
        return True


def _is_before(kill: Kill, at: float) -> bool:
    return kill.seen.at is not None and at - kill.seen.at >= LATER_S
