"""Reads logs into `LoggedWork`: each source through what stands round its lines, each lane of it by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from forge_doctor.dataclass import dataclass, field
from forge_doctor.slow.logged.counts import Repeated, Usage
from forge_doctor.slow.logged.lines import Lane, Lines
from forge_doctor.slow.logged.ratios import by_ratio, series_by_ratio
from forge_doctor.slow.logged.reader import Reader
from forge_doctor.slow.logged.server_log import ServerLog, Timing
from forge_doctor.slow.logged.server_records import ServerRecords
from forge_doctor.slow.logged.template import Template, Templates
from forge_doctor.slow.logged.transactions import Journal
from forge_doctor.slow.logged.work import (
    CommitSeries,
    Crossing,
    LoggedStatement,
    LoggedWork,
    PoolRecords,
    Repetition,
    ServerSessions,
)
from forge_doctor.slow.plan import Plan
from forge_doctor.streams.sources.files import Source

Progress = Callable[[str, int], None]
MOST_STATEMENTS, MOST_REPETITIONS = 500, 200


@dataclass(slots=True)
class _Read:
    """What one run reads into."""

    templates: Templates = field(default_factory=Templates)
    readers: list[Reader] = field(default_factory=list)
    servers: list[ServerLog] = field(default_factory=list)
    lines: int = 0
    size_bytes: int = 0
    names: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)


def collect_logs(
    sources: Iterable[Source], zone_s: float = 0.0, told: Progress = lambda _name, _bytes: None
) -> LoggedWork:
    """What all of these logs come to; what of them could not be read is in `unread`."""
    read = _Read()
    for source in sources:
        lines = Lines(source, zone_s)
        _read_source(lines, read, told)
        read.names.append(source.name)
        read.lines += lines.read_lines
        read.size_bytes += lines.read_bytes
        if lines.problem:
            read.unread.append(lines.problem)
    return _work(read)


def _read_source(lines: Lines, read: _Read, told: Progress) -> None:
    readers: dict[Lane, Reader] = {}
    before = 0
    blocks = lines.blocks()
    first = next(blocks, None)
    if first is None:
        return
    if lines.is_csvlog:
        server = ServerLog(read.templates)
        read.servers.append(server)
        ServerRecords(server.judge).rows(_texts(first, blocks))
    else:
        for lane, block in _chained(first, blocks):
            reader = readers.get(lane)
            if reader is None:
                server = ServerLog(read.templates)
                reader = readers[lane] = Reader(Journal(), read.templates, ServerRecords(server.judge))
                read.readers.append(reader)
                read.servers.append(server)
            reader.feed(block)
            told(lines.source.name, lines.read_bytes - before)
            before = lines.read_bytes
    for reader in readers.values():
        reader.finish()


def _chained(
    first: tuple[Lane, list[bytes]], rest: Iterator[tuple[Lane, list[bytes]]]
) -> Iterator[tuple[Lane, list[bytes]]]:
    yield first
    yield from rest


def _texts(first: tuple[Lane, list[bytes]], rest: Iterator[tuple[Lane, list[bytes]]]) -> Iterator[str]:
    for _, block in _chained(first, rest):
        for line in block:
            yield line.decode("utf-8", "replace") + "\n"


def _work(read: _Read) -> LoggedWork:
    journals = [*(one.journal for one in read.readers), *(one.journal for one in read.servers)]
    for journal in journals:
        journal.finish()
    apart = [one for one in journals if not one.interleaved]
    mixed = [one for one in journals if one.interleaved]
    created = sum(one.created for one in read.readers)
    checked_out = sum(one.checked_out for one in read.readers)
    opened, ended, short = (sum(getattr(one, name) for one in read.servers) for name in ("opened", "ended", "short"))
    if any(one.transactions for one in journals) and not any(one.usage for one in journals):
        read.unread.append(
            "there are transactions and no statement that could be read: their records are in a form that is not known"
        )
    unread_plans = sum(one.unread_plans for one in read.servers)
    if unread_plans:
        read.unread.append(
            f"{unread_plans} plans of auto_explain are cut, or none that EXPLAIN writes: set auto_explain.log_format = 'json'"
        )
    unjoined = sum(one.timed.unjoined for one in read.readers)
    if unjoined:
        read.unread.append(
            f"{unjoined:,} times of statements stand in records of their own while other statements ran: "
            "which is whose is unknown; write both in one record"
        )
    return LoggedWork(
        sources=tuple(read.names),
        lines=read.lines,
        size_bytes=read.size_bytes,
        engine=sum(one.records for one in read.readers),
        timed=sum(one.records for one in read.servers) + sum(one.timed.records for one in read.readers),
        transactions=sum(one.transactions for one in journals),
        separated_by=tuple(dict.fromkeys(name for one in journals for name in one.told.names if one.transactions)),
        interleaved=bool(mixed),
        statements=_statements(read),
        repetitions=_repetitions(apart, mixed),
        series=(*_series(apart), *(one for journal in mixed for one in series_by_ratio(journal))),
        crossings=_crossings(journals),
        pool=PoolRecords(
            created=created, checked_out=checked_out, pool=next((one.pool for one in read.readers if one.pool), "")
        )
        if created or checked_out
        else None,
        sessions=ServerSessions(opened=opened, ended=ended, short=short) if opened or ended else None,
        plans=tuple(_slowest_plans(read.servers)),
        unread=tuple(read.unread),
    )


def _slowest_plans(servers: Iterable[ServerLog]) -> Iterable[Plan]:
    found: dict[Template, tuple[float, Plan]] = {}
    for server in servers:
        for template, (ms, plan) in server.plans.items():
            if template not in found or found[template][0] < ms:
                found[template] = (ms, plan)
    return [plan for _, plan in found.values()]


def _statements(read: _Read) -> tuple[LoggedStatement, ...]:
    usages: dict[Template, list[Usage]] = {}
    timings: dict[Template, list[Timing]] = {}
    for reader in read.readers:
        for template, usage in reader.journal.usage.items():
            usages.setdefault(template, []).append(usage)
    for server in read.servers:
        for template, usage in server.journal.usage.items():
            usages.setdefault(template, []).append(usage)
    told = [*(one.timings for one in read.servers), *(one.timed.timings for one in read.readers)]
    for template, timing in (pair for one in told for pair in one.items()):
        timings.setdefault(template, []).append(timing)
    found = [_statement(one, usages.get(one, []), timings.get(one, [])) for one in {**usages, **timings} if one.verb]
    found.sort(key=lambda one: (-one.total_ms, -one.runs, one.key))
    return tuple(found[:MOST_STATEMENTS])


def _statement(template: Template, usages: list[Usage], timings: list[Timing]) -> LoggedStatement:
    rows = sum(one.rows for one in usages)
    asked: list[Usage | Timing] = [*usages, *timings]
    return LoggedStatement(
        key=template.key,
        text=template.text,
        query_id=next((one.query_id for one in timings if one.query_id), ""),
        runs=sum(one.runs for one in usages),
        sets=sum(one.sets for one in usages),
        rows=rows or None,
        most_rows=max((one.most_rows for one in usages), default=0) or None,
        timed=sum(one.timed for one in timings),
        total_ms=round(sum(one.total_ms for one in timings), 3),
        longest_ms=max((one.longest_ms for one in timings), default=0.0),
        longest_own_ms=round(max((one.longest_own_ms for one in timings), default=0.0), 3),
        waited_ms=round(sum(one.waited_ms for one in timings), 3),
        waits=sum(one.waits for one in timings),
        temp_files=sum(one.temp_files for one in timings),
        temp_bytes=sum(one.temp_bytes for one in timings),
        patterns=sum(one.patterns for one in asked) or int(template.opened),
        open_patterns=sum(one.open_patterns for one in asked) or int(template.opened),
        deepest=max((one.deepest for one in asked if one.deepest is not None), default=None),
        tags=template.tags,
    )


def _repetitions(apart: Iterable[Journal], mixed: Iterable[Journal]) -> tuple[Repetition, ...]:
    merged: dict[tuple[Template, Template | None], Repeated] = {}
    for journal in apart:
        for key, one in journal.repeated.items():
            into = merged.setdefault(key, Repeated())
            into.counts.update(one.counts)
            into.batched += one.batched
            into.hidden += one.hidden
            into.refused += one.refused
            into.differing += one.differing
    found = [_repetition(template, parent, one) for (template, parent), one in merged.items() if template.verb]
    found += [one for journal in mixed for one in by_ratio(journal)]
    found.sort(key=lambda one: (-one.runs, one.key))
    return tuple(found[:MOST_REPETITIONS])


def _repetition(template: Template, parent: Template | None, one: Repeated) -> Repetition:
    runs = sum(count * times for count, times in one.counts.items())
    differing = True if 2 * one.differing >= one.counts.total() else None if one.hidden else False
    return Repetition(
        key=template.key,
        parent=parent.key if parent else "",
        transactions=one.counts.total(),
        runs=runs,
        usual=max(one.counts, key=lambda count: (one.counts[count], count)),
        least=min(one.counts),
        most=max(one.counts),
        differing=differing,
        batched=one.batched,
        refused=one.refused,
    )


def _series(journals: Iterable[Journal]) -> Iterable[CommitSeries]:
    return [
        CommitSeries(
            key=template.key,
            requests=series.counts.total(),
            commits=sum(count * times for count, times in series.counts.items()),
            usual=max(series.counts, key=lambda count: (series.counts[count], count)),
            bounded=journal.bounded,
            routes=tuple(route for route, _ in series.routes.most_common(3)),
        )
        for journal in journals
        for template, series in journal.series.items()
    ]


def _crossings(journals: Iterable[Journal]) -> tuple[Crossing, ...]:
    found: dict[tuple[tuple[str, ...], str, int, Template | None], int] = {}
    for journal in journals:
        for key, times in journal.crossings.items():
            found[key] = found.get(key, 0) + times
        for tables, file, line in journal.unplaced:
            found[(tables, file, line, None)] = found.get((tables, file, line, None), 0) + 1
    return tuple(
        Crossing(tables=tables, key=template.key if template else "", seen=times, file=file, line=line)
        for (tables, file, line, template), times in found.items()
    )
