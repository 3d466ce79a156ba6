"""More answers of searches and tools for logs: what they say of a line stands inside of what they say of their answer."""

from __future__ import annotations

import json

from tests.support.log_carriers import Wrap, before, document, milli, newest_first, records, stamp, table


def quoted(line: str) -> str:
    """A value as relays write it in pairs."""
    return '"' + line.replace("\\", "\\\\").replace('"', '\\"') + '"'


SEARCHES: dict[str, Wrap] = {
    "datadog-list": document(
        lambda at, line: {
            "id": "A",
            "content": {"timestamp": milli(at), "host": "h", "service": "shop", "message": line},
        },
        lambda rows: {"logs": rows, "nextLogId": None, "status": "done"},
    ),
    "datadog-content-csv": newest_first(
        table(("Date", "Host", "Service", "Content"), lambda at, line: (milli(at), "i-0", "shop", line))
    ),
    "graylog-search": newest_first(
        document(
            lambda at, line: {
                "highlight_ranges": {},
                "index": "graylog_7",
                "message": {"timestamp": milli(at), "source": "h", "message": line, "_id": "b"},
            },
            lambda rows: {"query": "*", "messages": rows, "total_results": 9, "from": "2026-11-22T08:00:00.000Z"},
        )
    ),
    "splunk-docker": records(
        lambda at, line: {"event": {"line": line, "source": "stderr", "tag": "9f1"}, "time": f"{at:.6f}", "host": "h"}
    ),
    "splunk-hec": records(
        lambda at, line: {"time": round(at, 3), "host": "h", "sourcetype": "_json", "event": {"message": line}}
    ),
    "newrelic-insights": newest_first(
        document(
            lambda at, line: {"timestamp": int(at * 1000), "message": line, "hostname": "web-1"},
            lambda rows: {
                "results": [{"events": rows}],
                "performanceStats": {"inspectedCount": 9},
                "metadata": {"eventType": "Log", "beginTime": "2026-11-22T08:00:00Z", "contents": [{"limit": 100}]},
            },
        )
    ),
    "logscale-csv": newest_first(
        table(
            ("@timestamp", "@timestamp.nanos", "#repo", "@id", "@rawstring"),
            lambda at, line: (str(int(at * 1000)), "0", "prod", "a", line),
        )
    ),
    "opensearch-csv": newest_first(
        table(
            ("_id", "_index", "_source.@timestamp", "_source.kubernetes.pod_name", "_source.log"),
            lambda at, line: ("a", "logs-2026", milli(at), "web-1", line),
        )
    ),
    "aws-text": lambda lines: (
        "".join(f"EVENTS\t{int(at * 1000) + 99}\t{line}\t{int(at * 1000)}\n" for at, line in lines)
        + "NEXTBACKWARDTOKEN\tb/1\n"
    ),
    "aws-filter-text": lambda lines: "".join(
        f"EVENTS\t{38 * 10**30 + n}\t{int(at * 1000) + 99}\tweb/0a1b\t{line}\t{int(at * 1000)}\n"
        for n, (at, line) in enumerate(lines)
    ),
    "relayed-pairs": lambda lines: "".join(
        f"time={stamp(at)}Z level=info source=stderr container=web msg={quoted(line)}\n" for at, line in lines
    ),
    "app-runner": newest_first(before(lambda at: stamp(at, "%m-%d-%Y %I:%M:%S %p "))),
    "coolify": before(lambda at: f"[{stamp(at, '%Y-%b-%d %H:%M:%S.%f')}] "),
    "oci-search": newest_first(
        document(
            lambda at, line: {
                "data": {
                    "datetime": int(at * 1000),
                    "logContent": {
                        "data": {"message": line, "tailed_path": "/x"},
                        "time": milli(at),
                        "source": "web-1",
                    },
                }
            },
            lambda rows: {"data": {"fields": None, "results": rows, "summary": {"result-count": 3}}},
        )
    ),
    "ibm-logs": records(
        lambda at, line: {"_source": {"_app": "web", "_host": "w1", "_line": line, "_ts": int(at * 1000), "level": ""}}
    ),
    "coralogix-dataprime": document(
        lambda at, line: {
            "metadata": [{"key": "timestamp", "value": milli(at)}, {"key": "severity", "value": "3"}],
            "labels": [{"key": "applicationname", "value": "prod"}, {"key": "subsystemname", "value": "shop"}],
            "userData": json.dumps({"message": line}),
        },
        lambda rows: {"result": {"results": rows}},
    ),
    "axiom-tabular": lambda lines: json.dumps(
        {
            "format": "tabular",
            "status": {"elapsedTime": 1},
            "tables": [
                {
                    "name": "0",
                    "fields": [{"name": "_time", "type": "datetime"}, {"name": "message", "type": "string"}],
                    "columns": [[milli(at) for at, _ in lines], [line for _, line in lines]],
                }
            ],
        }
    ),
    "lnav-csv": table(
        ("log_line", "log_part", "log_time", "log_level", "log_mark", "log_body"),
        lambda at, line: ("7", "", stamp(at)[:-3].replace("T", " "), "error", "0", line),
    ),
}
