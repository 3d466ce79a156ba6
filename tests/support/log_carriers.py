"""What systems put round a program's lines on their way out: each function wraps the lines of any log.

A line comes with the moment at which it was written; what an exporter does to a line is done as it does it.
"""

from __future__ import annotations

import csv
import html
import io
import json
import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from forge_doctor.streams.heads.line_head import read_head

Lines = Sequence[tuple[float, str]]
Wrap = Callable[[Lines], str]
NAMES = ("web-6f9d-abcde", "web-6f9d-fghij")


def stamp(at: float, form: str = "%Y-%m-%dT%H:%M:%S.%f") -> str:
    """The moment, UTC, in a form of strftime."""
    return datetime.fromtimestamp(at, UTC).strftime(form)


def milli(at: float) -> str:
    """The moment to the millisecond, as most platforms write it."""
    return stamp(at)[:-3] + "Z"


def kibana(at: float) -> str:
    """The moment as Kibana shows it."""
    return stamp(at, "%b %d, %Y @ %H:%M:%S.%f")[:-3]


def us(at: float) -> str:
    """The moment as Americans write it."""
    return stamp(at, "%m/%d/%Y, %I:%M:%S.") + milli(at)[20:23] + stamp(at, " %p")


def before(prefix: Callable[[float], str], after: str = "") -> Wrap:
    """Each line behind a prefix made of its time."""
    return lambda lines: "".join(f"{prefix(at)}{line}{after}\n" for at, line in lines)


def records(record: Callable[[float, str], object], indent: int | None = None, joiner: str = "\n") -> Wrap:
    """Each line as a JSON record."""
    return lambda lines: joiner.join(json.dumps(record(at, line), indent=indent) for at, line in lines) + "\n"


def document(
    record: Callable[[float, str], object], around: Callable[[list[object]], object], indent: int | None = None
) -> Wrap:
    """All lines as the records of one JSON document."""
    return lambda lines: json.dumps(around([record(at, line) for at, line in lines]), indent=indent) + "\n"


def table(header: Sequence[str], row: Callable[[float, str], Sequence[str]]) -> Wrap:
    """Each line as a row of CSV."""

    def wrap(lines: Lines) -> str:
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(row(at, line) for at, line in lines)
        return out.getvalue()

    return wrap


def newest_first(wrap: Wrap) -> Wrap:
    """The same with the last line first."""
    return lambda lines: wrap(lines[::-1])


def boxed(lines: Lines, width: int = 150) -> str:
    """Copied out of a terminal's box, long lines in several."""
    out = []
    for _, line in lines:
        cut = [line[at : at + width] for at in range(0, len(line), width)] or [""]
        out += [f"\u2502 {part:<{width}} \u2502" for part in cut]
    return "\n".join(out) + "\n"


def otlp(records_: list[object]) -> object:
    """Records of OpenTelemetry's protocol in their envelope."""
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": "shop"}}]}
    return {"resourceLogs": [{"resource": resource, "scopeLogs": [{"scope": {}, "logRecords": records_}]}]}


def loki(pairs: list[object]) -> object:
    """Loki's answer to a range query."""
    return {
        "status": "success",
        "data": {"resultType": "streams", "result": [{"stream": {"app": "shop"}, "values": pairs}]},
    }


def octets(lines: Lines) -> str:
    """Syslog frames with their lengths, as Heroku's drains get them."""
    out = []
    for at, line in lines:
        frame = f"<190>1 {stamp(at)}+00:00 host app web.1 - {line}"
        out.append(f"{len(frame.encode()) + 1} {frame}\n")
    return "".join(out)


def journal_export(lines: Lines) -> str:
    """What `journalctl -o export` writes; every second line as a field of bytes with its length before it."""
    out = []
    for number, (at, line) in enumerate(lines):
        size = len(line.encode()).to_bytes(8, "little").decode("latin-1")
        message = f"MESSAGE={line}" if number % 2 or not size.isascii() else f"MESSAGE\n{size}{line}"
        out.append(f"__CURSOR=s=1;i={number}\n__REALTIME_TIMESTAMP={int(at * 1e6)}\n_PID=7\nPRIORITY=6\n{message}\n\n")
    return "".join(out)


def yaml_documents(lines: Lines) -> str:
    """What `gcloud logging read` prints: a document a line."""
    return "".join(
        f"---\ninsertId: a{number}\nlogName: projects/p/logs/stderr\nresource:\n  labels:\n    pod_name: web-1\n"
        f"severity: DEFAULT\ntextPayload: {json.dumps(line)}\ntimestamp: '{stamp(at)}Z'\n"
        for number, (at, line) in enumerate(lines)
    )


def page(lines: Lines) -> str:
    """Saved from a browser."""
    text = html.escape("".join(f"{line}\n" for _, line in lines))
    return f"<!doctype html>\n<html><body>\n<pre>\n{text}</pre>\n</body></html>\n"


def folded(end: str) -> Wrap:
    """Each record on one line, with something in the place of the line ends in it."""

    def wrap(lines: Lines) -> str:
        out: list[str] = []
        for _, line in lines:
            begins = not out or read_head(line.encode()) is not None or line == "--- Logging error ---"
            out += [line] if begins else []
            if not begins:
                out[-1] += end + line
        return "".join(f"{record}\n" for record in out)

    return wrap


TIMED: dict[str, Wrap] = {
    "docker-desktop": before(lambda at: stamp(at, "%Y-%m-%d %H:%M:%S ")),
    "docker-timestamps": before(lambda at: f"{stamp(at)}123Z "),
    "aws-tail": before(lambda at: f"{stamp(at)}+00:00 shop/web/0a1b2c3d4e "),
    "s3-export": before(lambda at: f"{milli(at)} "),
    "logcli": before(lambda at: stamp(at, '%Y-%m-%dT%H:%M:%SZ {app="shop", pod="web-1"} ')),
    "heroku": before(lambda at: f"{stamp(at)}+00:00 app[web.1]: "),
    "cloud-foundry": before(lambda at: f"   {stamp(at)[:-4]}+0000 [APP/PROC/WEB/0] OUT "),
    "fly": before(lambda at: stamp(at, "%Y-%m-%dT%H:%M:%SZ app[148e2d2a] fra [info] ")),
    "render": before(lambda at: stamp(at, "%b %d %I:%M:%S %p  ")),
    "papertrail": before(lambda at: stamp(at, "%b %d %H:%M:%S shop-prod app/web.1 ")),
    "ts": before(lambda at: stamp(at, "%b %d %H:%M:%S ")),
    "pm2": before(lambda at: stamp(at, "0|shop  | %Y-%m-%d %H:%M:%S: ")),
    "github-actions": before(lambda at: f"build\tRun tests\t{stamp(at)}1Z "),
    "gitlab": before(lambda at: f"{stamp(at)}Z 01O "),
    "octet-syslog": octets,
    "grafana-text": newest_first(before(lambda at: stamp(at)[:-3].replace("T", " ") + "\t")),
    "logcli-backward": newest_first(before(lambda at: stamp(at, '%Y-%m-%dT%H:%M:%S.%fZ {app="shop"} '))),
    "fluent-bit": records(lambda at, line: {"date": at, "log": line + "\n", "stream": "stderr"}),
    "fluent-bit-cri": records(
        lambda at, line: {"@timestamp": milli(at), "stream": "stderr", "_p": "F", "log": line, "kubernetes": {"pod_name": "w"}}
    ),
    "filebeat": records(lambda at, line: {"@timestamp": milli(at), "message": line, "agent": {"type": "filebeat"}, "log": {"offset": 1}}),
    "vector": records(lambda at, line: {"container_name": "web", "message": line, "stream": "stderr", "timestamp": stamp(at) + "Z"}),
    "gcp-lines": records(lambda at, line: {"logName": "p/stderr", "severity": "ERROR", "textPayload": line, "timestamp": stamp(at) + "Z"}),
    "gcp-array": document(lambda at, line: {"textPayload": line, "severity": "DEFAULT", "timestamp": stamp(at) + "Z"}, list, 2),
    "gcp-newest-first": newest_first(document(lambda at, line: {"textPayload": line, "timestamp": stamp(at) + "Z"}, list, 2)),
    "cloudwatch-events": document(
        lambda at, line: {"timestamp": int(at * 1000), "message": line, "ingestionTime": int(at * 1000) + 99},
        lambda events: {"events": events, "nextForwardToken": "f/1"},
    ),
    "elastic-hits": document(
        lambda at, line: {"_index": "logs", "_source": {"@timestamp": milli(at), "message": line}},
        lambda hits: {"took": 3, "timed_out": False, "hits": {"total": {"value": 9}, "hits": hits}},
    ),
    "datadog-export": document(
        lambda at, line: {"id": "A", "type": "log", "attributes": {"timestamp": milli(at), "service": "shop", "message": line}},
        lambda data: {"data": data, "meta": {"page": {"after": "x"}}},
    ),
    "otlp": document(lambda at, line: {"timeUnixNano": str(int(at * 1e9)), "body": {"stringValue": line}}, otlp),
    "loki-api": document(lambda at, line: [str(int(at * 1e9)), line], loki),
    "journald-pretty": records(
        lambda at, line: {"__REALTIME_TIMESTAMP": str(int(at * 1e6)), "_PID": "7", "SYSLOG_IDENTIFIER": "shop", "MESSAGE": line}, 4
    ),
    "splunk-json": records(lambda at, line: {"preview": False, "result": {"_time": milli(at), "_raw": line}}),
    "insights-csv": table(("@timestamp", "@message"), lambda at, line: (milli(at).replace("T", " ")[:-1], line)),
    "datadog-csv": newest_first(table(("Date", "Host", "Service", "Message"), lambda at, line: (milli(at), "i-0", "shop", line))),
    "kibana-csv": newest_first(table(("@timestamp", "message"), lambda at, line: (kibana(at), line))),
    "kubectl-timestamps": before(lambda at: f"[pod/web-1/web] {stamp(at)}123Z "),
    "compose-timestamps": before(lambda at: f"web-1  | {stamp(at)}123Z "),
    "gcp-json-payload": document(lambda at, line: {"jsonPayload": {"message": line}, "severity": "ERROR", "timestamp": milli(at)}, list, 1),
    "azure-container-apps": records(lambda at, line: {"TimeStamp": milli(at), "Log": line}),
    "azure-log-analytics-csv": table(("TimeGenerated [UTC]", "ContainerName_s", "Log_s"), lambda at, line: (us(at), "web", line)),
    "logcli-json": records(lambda at, line: {"labels": {"app": "shop"}, "line": line, "timestamp": stamp(at) + "Z"}),
    "splunk-csv": newest_first(table(("_time", "host", "_raw"), lambda at, line: (milli(at)[:-1] + "+0000", "h", line))),
    "elastic-fields": document(
        lambda at, line: {"_index": "a", "fields": {"message": [line], "@timestamp": [milli(at)]}},
        lambda hits: {"rawResponse": {"hits": {"hits": hits}}},
    ),
    "headings": lambda lines: "".join(f"{us(at).replace('.' + milli(at)[20:23], '')} shop-app STDERR\n{line}\n" for at, line in lines),
    "journal-export": journal_export,
    "journal-bytes": records(lambda at, line: {"__REALTIME_TIMESTAMP": str(int(at * 1e6)), "_PID": "7", "MESSAGE": list(line.encode())}),
    "gcloud-yaml": yaml_documents,
    "kubectl-milliseconds": before(lambda at: f"[pod/web-1/web] {milli(at)} "),
    "rsyslog": before(lambda at: f"{stamp(at)}+00:00 host1 shop[811] "),
}  # fmt: skip
UNTIMED: dict[str, Wrap] = {
    "docker-service": before(lambda _: "shop_web.1.k3x9w1q0z5@node-1    | "),
    "stern": before(lambda _: "web-6f9d-abcde web "),
    "stern-colour": before(lambda _: "\x1b[92mweb-6f9d-abcde\x1b[0m \x1b[32mweb\x1b[0m "),
    "honcho": before(lambda at: stamp(at, "%H:%M:%S web.1  | ")),
    "foreman-colour": before(lambda at: stamp(at, "\x1b[36m%H:%M:%S web.1   | \x1b[0m")),
    "tabs": before(lambda _: "\t"),
    "two-blanks": before(lambda _: "  "),
    "quoted": before(lambda _: "> "),
    "k9s-box": boxed,
    "numbered": lambda lines: "".join(f"{number:6}\t{line}\n" for number, (_, line) in enumerate(lines, 1)),
    "grep-n": lambda lines: "".join(f"app.log:{number}:{line}\n" for number, (_, line) in enumerate(lines, 1)),
    "page": page,
    "folded-rsyslog": folded("#012"),
    "folded-json": folded("\\n"),
    "folded-separator": folded("\u2028"),
    "folded-returns": folded("\r"),
    "folded-bars": folded(" | "),
    "folded-carets": folded("^J"),
    "supervisor": before(lambda _: "shop stderr | "),
}
EVERY: dict[str, Wrap] = TIMED | UNTIMED


def interleaved(write: Callable[[int, float, str], str], streams: int = 2) -> Wrap:
    """The log of several that write the same, some lines of one after some of another."""

    def wrap(lines: Lines) -> str:
        order = random.Random(4)
        rest = {stream: list(lines)[::-1] for stream in range(streams)}
        out = []
        while rest:
            stream = order.choice(sorted(rest))
            for _ in range(order.randint(1, 5)):
                if not rest[stream]:
                    del rest[stream]
                    break
                out.append(write(stream, *rest[stream].pop()))
        return "".join(out)

    return wrap


SEVERAL: dict[str, Wrap] = {
    "process-id": interleaved(lambda stream, _, line: f"[{4100 + stream}] {line}\n", 3),
    "worker-name": interleaved(lambda stream, _, line: f"ForkPoolWorker-{stream + 1}: {line}\n", 3),
    "stern": interleaved(lambda stream, _, line: f"web-{stream}abc web {line}\n"),
    "stern-colour": interleaved(lambda stream, _, line: f"\x1b[9{stream + 1}mweb-{stream}abc\x1b[0m \x1b[32mweb\x1b[0m {line}\n"),
    "aws-tail": interleaved(lambda stream, at, line: f"{stamp(at)}+00:00 shop/web/{stream}a1b2c3d4e {line}\n"),
    "vector": interleaved(lambda stream, at, line: json.dumps({"container": f"w{stream}", "message": line, "time": stamp(at)}) + "\n"),
}  # fmt: skip
