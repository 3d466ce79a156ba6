"""More that a program's lines are put in on their way out: tables, answers of queries, records in records, repr()."""

from __future__ import annotations

import html
import json
from collections.abc import Callable

from tests.support.log_carriers import Wrap, before, document, milli, newest_first, records, stamp, table, us


def before_json(prefix: Callable[[float], str], record: Callable[[float, str], object]) -> Wrap:
    """Each line as a JSON record behind a prefix."""
    return lambda lines: "".join(f"{prefix(at)}{json.dumps(record(at, line))}\n" for at, line in lines)


def frames(rows: list[object]) -> object:
    """Grafana's answer: a list a column."""
    times, texts = zip(*rows, strict=True)
    fields = [{"name": "Time", "type": "time"}, {"name": "Line", "type": "string"}]
    return {
        "results": {
            "A": {"status": 200, "frames": [{"schema": {"fields": fields}, "data": {"values": [times, texts]}}]}
        }
    }


EXPORTS: dict[str, Wrap] = {
    "fluentd-file": before_json(
        lambda at: stamp(at, "%Y-%m-%dT%H:%M:%S+00:00\tkube.web\t"),
        lambda _, line: {"log": line + "\n", "stream": "stderr"},
    ),
    "kafka-console": before_json(
        lambda at: f"CreateTime:{int(at * 1000)}\tweb-1\t", lambda at, line: {"@timestamp": milli(at), "message": line}
    ),
    "opensearch-sql": document(
        lambda at, line: [milli(at), line],
        lambda rows: {
            "schema": [{"name": "@timestamp", "type": "timestamp"}, {"name": "message", "type": "text"}],
            "datarows": rows,
            "total": 9,
        },
    ),
    "clickhouse-compact": document(
        lambda at, line: [stamp(at), line],
        lambda rows: {"meta": [{"name": "ts", "type": "DateTime64"}, {"name": "body", "type": "String"}], "data": rows},
        1,
    ),
    "azure-query": document(
        lambda at, line: [milli(at), line],
        lambda rows: {
            "tables": [
                {"name": "PrimaryResult", "columns": [{"name": "TimeGenerated"}, {"name": "LogEntry"}], "rows": rows}
            ]
        },
    ),
    "insights-query": document(
        lambda at, line: [
            {"field": "@timestamp", "value": stamp(at).replace("T", " ")},
            {"field": "@message", "value": line},
            {"field": "@ptr", "value": "C"},
        ],
        lambda rows: {"results": rows, "statistics": {"recordsMatched": 9.0}, "status": "Complete"},
        4,
    ),
    "grafana-frames": document(lambda at, line: [int(at * 1000), line], frames),
    "newrelic-nrql": newest_first(
        document(
            lambda at, line: {"message": line, "timestamp": int(at * 1000)},
            lambda rows: {"data": {"actor": {"account": {"nrql": {"results": rows}}}}},
        )
    ),
    "sumo-csv": table(("_messagetimems", "_messagetime", "_raw"), lambda at, line: (str(int(at * 1000)), us(at), line)),
    "vercel-csv": newest_first(
        table(
            ("TimeUTC", "timestampInMs", "requestPath", "level", "text"),
            lambda at, line: (stamp(at, "%Y-%m-%d %H:%M:%S"), str(int(at * 1000)), "/api", "error", line),
        )
    ),
    "logdna": records(lambda at, line: {"_ts": int(at * 1000), "_host": "h", "_line": line}),
    "dozzle": records(lambda at, line: {"m": line, "ts": int(at * 1000), "id": 7, "l": "unknown", "s": "stderr"}),
    "supabase": newest_first(
        document(lambda at, line: {"event_message": line, "id": "a", "timestamp": int(at * 1e6)}, list)
    ),
    "record-in-record": records(lambda at, line: {"dt": milli(at), "raw": json.dumps({"message": line})}),
    "python-dictionaries": lambda lines: "".join(
        f"{ ({'timestamp': int(at * 1000), 'message': line}) }\n" for at, line in lines
    ),
    "html-table": lambda lines: (
        "<table><tr><th>time</th><th>message</th></tr>\n"
        + "".join(f"<tr><td>{milli(at)}</td><td>{html.escape(line)}</td></tr>\n" for at, line in lines)
        + "</table>\n"
    ),
}
LITERALS: dict[str, Wrap] = {
    "python-list": lambda lines: f"{[line + chr(10) for _, line in lines]}\n",
    "python-bytes": lambda lines: f"{chr(10).join(line for _, line in lines).encode()}\n",
    "json-list": lambda lines: json.dumps([line for _, line in lines]) + "\n",
    "ansible": document(lambda _, line: line, lambda lines: {"changed": True, "rc": 0, "stdout_lines": lines}, 4),
    "unbreakable-blanks": lambda lines: "".join(
        line[: len(line) - len(line.lstrip(" "))].replace(" ", "\u00a0") + line.lstrip(" ") + "\n" for _, line in lines
    ),
    "build-seconds": lambda lines: "".join(
        f"#12 {0.1 * number:.3f} {line}\n" for number, (_, line) in enumerate(lines)
    ),
    "buildkite": before(lambda at: f"\x1b_bk;t={int(at * 1000)}\x07"),
}
