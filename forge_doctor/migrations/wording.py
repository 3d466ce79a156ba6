"""How findings of migrations are worded: the lock, who waits for it, and how sure that is."""

from __future__ import annotations

import json
import re

from forge_doctor.finding import Confidence, Evidence, Finding, Related, Severity
from forge_doctor.migrations.history import Step
from forge_doctor.migrations.locks.effect import Effect
from forge_doctor.sql.quoting import split_name

LONGEST_NAME = 63
# What SQLAlchemy takes for a parameter in a text.
_PARAMETER = re.compile(r"(?<![:\w\\]):(\w+)(?!:)")


def found(
    step: Step,
    severity: Severity,
    message: str,
    remedy: str,
    *,
    confidence: Confidence | None = None,
    related: tuple[Related, ...] = (),
) -> Finding:
    """A finding at an operation: as sure as it is that the operation runs, unless told otherwise."""
    written = step.operation.written
    return Finding(
        severity=severity,
        confidence=sureness(step) if confidence is None else min(confidence, sureness(step)),
        message=message,
        location=step.location,
        remedy=remedy,
        evidence=(
            Evidence(label="revision", value=step.revision.id, source=step.revision.path),
            Evidence(label="operation", value=written.text[:300], source="SQL" if written.is_sql else "Alembic"),
            *(Evidence(label=f"lock on {one.table}", value=one.mode, source="measured") for one in step.effect.locks),
        ),
        related=(
            *related,
            *(Related(message="called here", location=one) for one in written.callers[:1]),
            *((Related(message="done here", location=written.helper),) if written.helper is not None else ()),
        ),
    )


def sureness(step: Step) -> Confidence:
    """High where the operation runs whatever happens; medium where a test of the run decides, or how often a loop turns."""
    written = step.operation.written
    return Confidence.MEDIUM if written.conditions or written.repeated else Confidence.HIGH


def waiting(effect: Effect) -> str:
    """`ACCESS EXCLUSIVE on orders: all who read or write it wait`."""
    told = []
    for one in effect.locks:
        if one.stops_reads:
            told.append(f"{one.mode} on {one.table}, for which reads and writes of it wait")
        elif one.stops_writes:
            told.append(f"{one.mode} on {one.table}, for which writes of it wait")
        else:
            told.append(f"{one.mode} on {one.table}, for which no read or write waits")
    return " and ".join(told) or "no lock on a table"


def quoted(name: str) -> str:
    """A name as Python writes it."""
    return json.dumps(name, ensure_ascii=False)


def executed(statement: str) -> str:
    """The call that runs a statement, as Python writes it."""
    return f"op.execute({as_text(statement)})"


def as_text(sql: str) -> str:
    """SQL as Python writes it for Alembic, which makes `text()` of it: a colon that is no parameter's is escaped there."""
    return quoted(_PARAMETER.sub(r"\\:\1", sql))


def on_table(table: str) -> tuple[str, str]:
    """A table as arguments of a call: `"orders"`, and behind the others `, schema="shop"`, or nothing."""
    *schema, name = split_name(table)
    return quoted(name), f", schema={quoted(schema[-1])}" if schema else ""


def made_name(kind: str, table: str, *columns: str) -> str:
    """`uq_orders_email`, as much of it as the server keeps."""
    name = "_".join((kind, split_name(table)[-1], *columns))
    return name.encode()[:LONGEST_NAME].decode(errors="ignore")


def listed(names: tuple[str, ...]) -> str:
    """A list of names as Python writes it."""
    return f"[{', '.join(map(quoted, names))}]"
