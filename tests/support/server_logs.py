"""One PostgreSQL's log in its three formats: the same records, each with what is logged below it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from dataclasses import dataclass

AT = "2026-11-22 08:00:00.123 UTC"


@dataclass(frozen=True, slots=True, kw_only=True)
class Logged:
    """One record."""

    message: str
    pid: int = 77
    detail: str = ""
    context: str = ""
    statement: str = ""
    query_id: int = 0


def stderr(records: Iterable[Logged]) -> str:
    """log_destination = stderr, log_line_prefix = '%m [%p] %q%u@%d '."""
    lines = []
    for one in records:
        before = f"{AT} [{one.pid}] shop@shop "
        parts = {"LOG": one.message, "DETAIL": one.detail, "CONTEXT": one.context, "STATEMENT": one.statement}
        lines += [f"{before}{name}:  " + text.replace("\n", "\n\t") for name, text in parts.items() if text]
    return "\n".join(lines) + "\n"


def jsonlog(records: Iterable[Logged]) -> str:
    """log_destination = jsonlog."""
    lines = []
    for one in records:
        own = {"timestamp": AT, "user": "shop", "dbname": "shop", "pid": one.pid, "error_severity": "LOG"}
        told = {"message": one.message, "detail": one.detail, "context": one.context, "statement": one.statement}
        lines.append(
            json.dumps({**own, **{name: text for name, text in told.items() if text}, "query_id": one.query_id})
        )
    return "\n".join(lines) + "\n"


def csvlog(records: Iterable[Logged]) -> str:
    """log_destination = csvlog, of PostgreSQL 14 and later."""
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    for number, one in enumerate(records):
        session = [AT, "shop", "shop", one.pid, "127.0.0.1:5000", f"6b0b.{one.pid:x}", number, "SELECT", AT, "1/2", 0]
        said = ["LOG", "00000", one.message, one.detail, "", "", "", one.context, one.statement]
        rows.writerow([*session, *said, "", "", "app", "client backend", "", one.query_id])
    return out.getvalue()


FORMATS = {"stderr": stderr, "jsonlog": jsonlog, "csvlog": csvlog}
