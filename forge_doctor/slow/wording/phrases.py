"""Statements, times and places as people read them; used by every check, so that all speak alike."""

from __future__ import annotations

from forge_doctor.finding import Evidence, Location
from forge_doctor.slow.situation import Situation
from forge_doctor.slow.statement import Statement

MESSAGE_WIDTH = 160


def shortened(text: str, most: int = MESSAGE_WIDTH) -> str:
    """The statement on one line, its middle left out where it is long: the end tells the WHERE."""
    line = " ".join(text.split())
    if len(line) <= most:
        return line
    head = most * 2 // 5
    return f"{line[:head].rstrip()} ... {line[-(most - head - 5) :].lstrip()}"


def milliseconds(value: float | None) -> str:
    """`0.04 ms`, `12 ms`, `1.8 s`, `3 min`; `unknown` for None."""
    if value is None:
        return "unknown"
    if value < 1000:
        return f"{value:.2g} ms" if value < 10 else f"{value:.0f} ms"
    seconds = value / 1000
    return f"{seconds:.1f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


def quoted(situation: Situation, one: Statement, most: int = MESSAGE_WIDTH) -> str:
    """The statement in backticks, or its id where statements aren't to be shown."""
    return f"`{shortened(one.text, most)}`" if situation.snapshot.show_query else f"statement {one.key}"


def location(situation: Situation, one: Statement) -> Location:
    """The line that sends it where one is known, else the server and the statement's id."""
    if one.lines:
        line = one.lines[0]
        return Location(target=line.file, line=line.repeated_by or line.line)
    return Location(target=f"{situation.snapshot.target} statement {one.key}")


def facts(situation: Situation, one: Statement) -> tuple[Evidence, ...]:
    """What every finding about a statement tells of it."""
    source = "pg_stat_statements" if one.stats is not None else "log"
    told = [Evidence(label="calls", value=one.calls, source=source)]
    if one.time_share is not None:
        told.append(
            Evidence(
                label="share of the database's time", value=round(one.time_share * 100, 1), unit="%", source=source
            )
        )
    if one.per_transaction is not None:
        told.append(
            Evidence(
                label="round trips",
                value=round(one.per_transaction, 2),
                unit="a transaction",
                source="calls / (COMMIT + ROLLBACK)",
            )
        )
    if one.mean_ms is not None:
        told.append(Evidence(label="mean", value=round(one.mean_ms, 3), unit="ms", source=source))
    if one.rows_per_call is not None:
        told.append(Evidence(label="rows", value=round(one.rows_per_call, 1), unit="a call", source=source))
    if one.blocks_per_call is not None:
        told.append(Evidence(label="blocks", value=round(one.blocks_per_call), unit="a call", source=source))
    told += [
        Evidence(label="line", value=f"{line.file}:{line.line} in {line.function}", source=line.why)
        for line in one.lines
    ]
    if situation.snapshot.show_query:
        told.append(Evidence(label="statement", value=one.text, source=source))
    return tuple(told)
