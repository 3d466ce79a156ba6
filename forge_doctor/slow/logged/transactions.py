"""Records of one process's log to transactions, told apart by what `separation` learned, and those to what they repeat."""

from __future__ import annotations

from collections import Counter

from forge_doctor.dataclass import dataclass, field
from forge_doctor.slow.logged.counts import Group, Repeated, Runs, Series, Usage
from forge_doctor.slow.logged.engine_log import NONE_SENT, Sent
from forge_doctor.slow.logged.separation import Fields, Kind, Separation, separation
from forge_doctor.slow.logged.template import Template

LEARNED = 6_000
"""So many records are looked at before any is counted."""
REPEATED = 3
SERIES = 3
MOST_GROUPS = 50_000
MOST_DIGESTS = 8
# Of all statements so many have a twin where each record is written twice.
DOUBLED = 0.9


@dataclass(slots=True)
class Journal:
    """One process's log, or several that its fields tell apart. Feed `note`, then `finish`; the rest is what it came to."""

    bounds: str = ""
    fixed: Separation | None = None
    usage: dict[Template, Usage] = field(default_factory=dict)
    repeated: dict[tuple[Template, Template | None], Repeated] = field(default_factory=dict)
    series: dict[Template, Series] = field(default_factory=dict)
    crossings: Counter[tuple[tuple[str, ...], str, int, Template | None]] = field(default_factory=Counter)
    accessed: Counter[str] = field(default_factory=Counter)
    transactions: int = 0
    commits: int = 0
    nested: int = 0
    told: Separation = field(default_factory=Separation)
    twins: int = 0
    doubled: bool = False
    _before: Kind | None = None
    _waiting: list[tuple[Kind, Fields, object, Sent]] | None = field(default_factory=list)
    _groups: dict[Fields, Group] = field(default_factory=dict)
    _by_key: dict[tuple[str, ...], Group] = field(default_factory=dict)
    _warned: list[tuple[tuple[str, ...], str, int]] = field(default_factory=list)

    def note(self, kind: Kind, fields: Fields, what: object = None, parameters: Sent = NONE_SENT) -> None:
        """The next record: `what` is the statement, the route, or the warning's tables and place."""
        if self._waiting is not None:
            self._waiting.append((kind, fields, what, parameters))
            if len(self._waiting) >= LEARNED:
                self._learn()
        else:
            self._take(kind, fields, what, parameters)

    def finish(self) -> None:
        """Nothing more comes: what is open is counted as it is."""
        if self._waiting is not None:
            self._learn()
        for group in self._by_key.values():
            if group.transaction is not None:
                self._close(group, committed=False)
            self._end_series(group)

    @property
    def unplaced(self) -> list[tuple[tuple[str, ...], str, int]]:
        """Warnings that no statement came behind."""
        return self._warned

    @property
    def interleaved(self) -> bool:
        """Whether transactions could not be told apart."""
        return self.nested > max(1, 0.02 * self.transactions)

    @property
    def bounded(self) -> str:
        """By what one request was told from the next, empty where by nothing."""
        if self.told.by_request:
            return "a field of the records"
        return "access lines" if self.accessed else ""

    def _learn(self) -> None:
        waiting, self._waiting = self._waiting or [], None
        sent = sum(kind is Kind.SENT for kind, _, _, _ in waiting)
        # Two handlers write each record: of every statement the parameters came twice, and the second time nothing before.
        self.doubled = sent > 0 and self.twins >= DOUBLED * sent
        if not self.doubled:
            self.told = self.fixed or separation([(kind, fields) for kind, fields, _, _ in waiting])
        for one in waiting:
            self._take(*one)

    def _group(self, fields: Fields) -> Group:
        group = self._groups.get(fields)
        if group is None:
            key = self.told.key(fields)
            if len(self._groups) >= MOST_GROUPS:
                self._forget()
            group = self._groups[fields] = self._by_key.setdefault(key, Group())
        return group

    def _forget(self) -> None:
        """Let go of groups that have nothing open: the log has more of them than are kept."""
        for group in self._by_key.values():
            if group.transaction is None:
                self._end_series(group)
        self._groups.clear()
        self._by_key = {key: group for key, group in self._by_key.items() if group.transaction is not None}

    def _take(self, kind: Kind, fields: Fields, what: object, parameters: Sent) -> None:
        if self.doubled and self._is_twin(kind):
            return
        if kind is Kind.SENT:
            group = self._groups.get(fields) or self._group(fields)
            self._sent(group, what, parameters)  # type: ignore[arg-type]
            return
        if kind is Kind.ACCESS:
            self._accessed(str(what))
            return
        if kind is Kind.CROSSING:
            self._warned.append(what)  # type: ignore[arg-type]
            return
        group = self._group(fields)
        if kind is Kind.ROW:
            group.rows += 1
        elif kind is Kind.BEGIN:
            if group.transaction is not None:
                self.nested += 1
                self._close(group, committed=False)
            group.transaction = {}
        else:
            self.commits += kind is Kind.COMMIT
            if group.transaction is not None:
                self._close(group, committed=kind is Kind.COMMIT)

    def _is_twin(self, kind: Kind) -> bool:
        """Whether the record is the second of two that two handlers wrote; a statement's second was left out before."""
        twin = kind is self._before and kind in (Kind.BEGIN, Kind.COMMIT, Kind.ROLLBACK, Kind.ROW)
        self._before = None if twin else kind
        return twin

    def _accessed(self, route: str) -> None:
        self.accessed[route] += 1
        if not self.told.by_request:
            for group in self._by_key.values():
                self._end_series(group, route)

    def _sent(self, group: Group, template: Template, parameters: Sent) -> None:
        self._end_rows(group)
        group.last = template
        usage = self.usage.get(template)
        if usage is None:
            usage = self.usage[template] = Usage()
        digest = parameters.digest
        usage.runs += 1
        usage.sets += parameters.sets
        if parameters.hidden:
            usage.hidden += 1
        if template.asks:
            usage.patterns += parameters.patterns
            usage.open_patterns += parameters.open_patterns
            if parameters.offset is not None:
                usage.deepest = max(usage.deepest or 0, parameters.offset)
        if self._warned:
            self._place_warnings(template)
        if group.transaction is not None:
            runs = group.transaction.get(template)
            if runs is None:
                runs = group.transaction[template] = Runs()
            runs.count += 1
            runs.batched += parameters.sets > 1
            runs.hidden += parameters.hidden
            runs.refused += parameters.refused
            if digest is not None and len(runs.digests) < MOST_DIGESTS:
                runs.digests.add(digest)
        if digest is not None and len(usage.digests) < MOST_DIGESTS:
            usage.digests.add(digest)

    def _place_warnings(self, template: Template) -> None:
        """SQLAlchemy warns when it compiles a statement, which is sent next; another may be sent between."""
        for warned in list(self._warned):
            tables = {name.rpartition(".")[2] for name in warned[0]}
            if tables <= set(template.shape.tables) | template.shape.aliased:
                self.crossings[*warned, template] += 1
                self._warned.remove(warned)

    def _end_rows(self, group: Group) -> None:
        if group.rows and group.last is not None:
            usage = self.usage[group.last]
            usage.rows += group.rows
            usage.most_rows = max(usage.most_rows, group.rows)
        group.rows = 0

    def _close(self, group: Group, *, committed: bool) -> None:
        """A transaction is over."""
        self._end_rows(group)
        group.last = None
        transaction, group.transaction = group.transaction or {}, None
        self.transactions += 1
        for template, runs in transaction.items():
            if runs.count >= REPEATED:
                self._repeat(template, runs, transaction)
        if committed:
            self._commit(group, transaction)

    def _repeat(self, template: Template, runs: Runs, transaction: dict[Template, Runs]) -> None:
        parent = parent_of(template, runs.count, transaction)
        key = (template, parent)
        found = self.repeated.get(key)
        if found is None:
            found = self.repeated[key] = Repeated()
        found.counts[runs.count] += 1
        found.batched += runs.batched
        found.hidden += runs.hidden > 0
        found.refused += runs.refused
        found.differing += len(runs.digests) >= REPEATED

    def _commit(self, group: Group, transaction: dict[Template, Runs]) -> None:
        written = [(template, runs) for template, runs in transaction.items() if template.writes]
        if not written:
            return
        one = written[0][0] if len(written) == 1 and written[0][1].count == 1 and not written[0][1].batched else None
        if one is not group.written:
            self._end_series(group)
        group.written = one
        group.commits += one is not None

    def _end_series(self, group: Group, route: str = "") -> None:
        if group.written is not None and group.commits >= SERIES:
            series = self.series.setdefault(group.written, Series())
            series.counts[group.commits] += 1
            if route:
                series.routes[route] += 1
        group.written, group.commits = None, 0


def parent_of(template: Template, count: int, transaction: dict[Template, Runs]) -> Template | None:
    """The SELECT sent for the first time shortly before the statement was, and at most a third as often."""
    found = None
    for other, runs in transaction.items():
        if other is template:
            break
        if other.verb == "select" and 3 * runs.count <= count:
            found = other
    return found
