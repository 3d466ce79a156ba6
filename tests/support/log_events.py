"""Exports that tell a record's words, and what was raised, apart, or keep a record's lines together: functions of records."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.support.log_carriers import milli, stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A record: `trace` is a traceback as Python prints it, empty where nothing was raised."""

    at: float
    level: str
    message: str
    trace: str = ""

    @property
    def kind(self) -> str:
        """The class of what was raised."""
        return self.trace.splitlines()[-1].partition(":")[0]

    @property
    def words(self) -> str:
        """What it says."""
        return self.trace.splitlines()[-1].partition(": ")[2]

    @property
    def text(self) -> str:
        """The record as a program writes it."""
        return "\n".join(filter(None, (f"{self.level}:shop.web:{self.message}", self.trace)))


Write = Callable[[Sequence[Event]], str]
SEVERITIES = {"ERROR": 3, "WARNING": 4, "INFO": 6}


def each(record: Callable[[Event], object]) -> Write:
    """A JSON record for each."""
    return lambda events: "".join(json.dumps(record(one)) + "\n" for one in events)


def rows(header: Sequence[str], row: Callable[[Event], Sequence[str]]) -> Write:
    """A row of CSV for each, the newest first."""

    def write(events: Sequence[Event]) -> str:
        out = io.StringIO()
        writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(row(one) for one in reversed(events))
        return out.getvalue()

    return write


def graylog(one: Event, full: str) -> dict[str, object]:
    """GELF, whose levels are syslog's."""
    told = {"version": "1.1", "host": "web-1", "short_message": one.message, "timestamp": one.at}
    return {**told, "level": SEVERITIES[one.level], **({"full_message": full} if one.trace else {})}


def datadog(events: Sequence[Event]) -> str:
    """What the search of logs answers."""
    data = []
    for one in reversed(events):
        raised = {"error": {"kind": one.kind, "message": one.words, "stack": one.trace}} if one.trace else {}
        told = {"status": one.level.lower(), "service": "shop", "timestamp": milli(one.at), "message": one.message}
        data.append({"id": "A", "type": "log", "attributes": {**told, "attributes": {"lineno": 41, **raised}}})
    return json.dumps({"data": data, "meta": {"page": {"after": "e"}, "status": "done"}}, indent=2)


def hanging(events: Sequence[Event]) -> str:
    """What `journalctl` shows of messages with several lines."""
    out = []
    for one in events:
        before = stamp(one.at, "%b %d %H:%M:%S host1 shop[811]: ")
        out.append(before + one.text.replace("\n", "\n" + " " * len(before)) + "\n")
    return "".join(out)


def expanded(events: Sequence[Event]) -> str:
    """What Serilog's and Seq's formats have of each."""
    names = {"ERROR": "Error", "WARNING": "Warning", "INFO": "Information"}
    return each(
        lambda one: {"@t": f"{stamp(one.at)}Z", "@mt": one.message, "@l": names[one.level], "@x": one.trace or None}
    )(events)


def psql(events: Sequence[Event]) -> str:
    """A table as psql shows it, whose values may have several lines."""
    cells = [(stamp(one.at, "%Y-%m-%d %H:%M:%S.%f+00"), one.text.split("\n")) for one in events]
    width = max(len(line) for _, lines in cells for line in lines)
    out = [f" {'ts':^29} | {'message':^{width}} ", f"{'-' * 31}+{'-' * (width + 2)}"]
    for at, lines in cells:
        ends = ["+"] * (len(lines) - 1) + [""]
        for number, (line, end) in enumerate(zip(lines, ends, strict=True)):
            out.append(f" {'' if number else at:<29} | {line:<{width}}{end}")
    return "\n".join(out) + f"\n({len(cells)} rows)\n"


def event_viewer(events: Sequence[Event]) -> str:
    """The CSV of Windows' Event Viewer, which names no column for the messages."""
    header = ("Level", "Date and Time", "Source", "Event ID", "Task Category")
    made = rows(header, lambda one: ("Error", american(one.at), "shop", "1", "None", one.text))(events)
    return "\ufeff" + made.replace('"', "", 2 * len(header))


def format_list(events: Sequence[Event]) -> str:
    """PowerShell's Get-WinEvent | Format-List."""
    told = (
        f"TimeCreated  : {american(one.at)}\nProviderName : shop\nId           : 1\nMessage      : "
        + one.text.replace("\n", "\n" + " " * 15)
        for one in reversed(events)
    )
    return "\n\n" + "\n\n".join(told) + "\n\n"


def american(at: float) -> str:
    """The moment as Windows shows it in the United States."""
    return stamp(at, "%m/%d/%Y ") + stamp(at, "%I:%M:%S %p").lstrip("0")


APART: dict[str, Write] = {
    "gelf": each(lambda one: graylog(one, one.trace)),
    "gelf-whole": each(lambda one: graylog(one, f"{one.message}\n{one.trace}")),
    "graylog-csv": rows(
        ("timestamp", "source", "message", "full_message"),
        lambda one: (milli(one.at), "web-1", one.message, one.trace and f"{one.message}\n{one.trace}"),
    ),
    "datadog-csv": rows(
        ("Date", "Host", "Service", "@error.stack", "Message"),
        lambda one: (milli(one.at), "i-0", "shop", one.trace, one.message),
    ),
    "datadog-search": datadog,
    "hec": each(
        lambda one: {
            "time": round(one.at, 3),
            "sourcetype": "_json",
            "event": {"severity": one.level, "message": "\n".join(filter(None, (one.message, one.trace)))},
        }
    ),
    "ecs": each(
        lambda one: {
            "@timestamp": f"{milli(one.at)}",
            "log": {"level": one.level.lower(), "logger": "shop"},
            "message": one.message,
            **({"error": {"stack_trace": one.trace, "type": "Error"}} if one.trace else {}),
        }
    ),
    "datadog-content": each(
        lambda one: {
            "id": "AQ",
            "content": {
                "timestamp": milli(one.at),
                "service": "shop",
                "message": one.message,
                "attributes": {"levelname": one.level, **({"error": {"stack": one.trace}} if one.trace else {})},
            },
        }
    ),
    "clef": expanded,
    "serilog": each(
        lambda one: {
            "Timestamp": f"{stamp(one.at)}0+00:00",
            "Level": "Error" if one.trace else "Information",
            "MessageTemplate": one.message,
            "Exception": one.trace or None,
            "Properties": {},
        }
    ),
    "journal-short": hanging,
    "psql-table": psql,
    "windows-events": event_viewer,
    "format-list": format_list,
    "excel-sign": lambda events: (
        "sep=,\n" + rows(("Time", "Level", "Message"), lambda one: (stamp(one.at), one.level, one.text))(events)
    ),
}
