"""What changed between looks: counts by state over time, and findings that came and went."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping

from forge_doctor.dataclass import replace
from forge_doctor.finding import Finding
from forge_doctor.pool.snapshot import PoolSnapshot
from forge_doctor.pool.wording import count
from forge_doctor.report import Report, Table

BARS = "▁▂▃▄▅▆▇█"
STATES = ("active", "idle", "idle in transaction", "idle in transaction (aborted)")
LOOKS_KEPT = 60

Findings = Mapping[tuple[str, str], Finding]  # by check and place


class History:
    """The last looks at one server; `add` gives the report with what changed since the one before."""

    def __init__(self) -> None:
        self._states: deque[Counter[str]] = deque(maxlen=LOOKS_KEPT)
        self._sessions: frozenset[int] = frozenset()
        self._findings: Findings = {}

    def add(self, snapshot: PoolSnapshot, report: Report) -> Report:
        """Record a look; the first one has nothing to compare with."""
        first = not self._states
        sessions = frozenset(session.pid for session in snapshot.sessions)
        findings = {(found.check, found.location.target): found for found in report.findings}
        self._states.append(Counter(session.state or "hidden" for session in snapshot.sessions))
        changed = () if first else tuple(self._changes(sessions, findings))
        self._sessions, self._findings = sessions, findings
        tables = (self._sparklines(), *((_changes_table(changed),) if changed else ()), *report.tables)
        return replace(report, tables=tables)

    def _changes(self, sessions: frozenset[int], findings: Findings) -> Iterable[tuple[str, str]]:
        opened, closed = len(sessions - self._sessions), len(self._sessions - sessions)
        if opened or closed:
            yield "sessions", f"{count(opened, 'session')} opened, {closed} closed"
        for found in _more(findings, self._findings):
            yield "new", f"{found.check}: {found.message}"
        for found in _more(self._findings, findings):
            yield "gone", f"{found.check}: {found.message}"

    def _sparklines(self) -> Table:
        names = [*STATES, *sorted({name for look in self._states for name in look} - set(STATES))]
        rows = [
            (name, self._states[-1][name], sparkline([look[name] for look in self._states]))
            for name in names
            if any(look[name] for look in self._states)
        ]
        return Table(title="Sessions by state", columns=("state", "now", "trend"), rows=tuple(rows), leading=True)


def sparkline(numbers: list[int]) -> str:
    """A bar for each number, the highest full; a zero is the lowest bar."""
    highest = max(numbers, default=0)
    return "".join(BARS[0] if highest == 0 else BARS[number * (len(BARS) - 1) // highest] for number in numbers)


def _more(findings: Findings, others: Findings) -> Iterator[Finding]:
    """What the checks find here beyond what they find there; the oldest session of a fault, where it
    is said to be, changes from look to look and makes no news."""
    surplus = Counter(check for check, _ in findings) - Counter(check for check, _ in others)
    for (check, place), found in sorted(findings.items()):
        if surplus[check] > 0 and (check, place) not in others:
            surplus[check] -= 1
            yield found


def _changes_table(changed: tuple[tuple[str, str], ...]) -> Table:
    return Table(title="Since the last look", columns=("", "what"), rows=changed, leading=True)
