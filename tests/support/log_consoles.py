"""Consoles, clients and build servers: what each puts round a program's lines, where its form is one of its own."""

from __future__ import annotations

import base64
import html
import json

from tests.support.log_carriers import Lines, Wrap, before, milli, newest_first, stamp


def encoded(line: str) -> str:
    """A line as its bytes in base64, which JSON can hold whatever they are."""
    return base64.b64encode(f"{line}\n".encode()).decode()


def woodpecker(lines: Lines) -> str:
    """The log of a step as Woodpecker's API gives it, with seconds since the step began."""
    first = lines[0][0]
    told = [
        {"id": 4700 + number, "step_id": 3, "time": int(at - first), "line": number, "data": encoded(line), "type": 0}
        for number, (at, line) in enumerate(lines)
    ]
    return json.dumps(told)


def queue(lines: Lines) -> str:
    """Records of a Kinesis stream, one a line."""
    told = (
        {"SequenceNumber": f"4954{number}", "ApproximateArrivalTimestamp": milli(at), "Data": encoded(line)}
        for number, (at, line) in enumerate(lines)
    )
    return "".join(json.dumps(one) + "\n" for one in told)


NOTE = "\x1b[8mha:////4" + base64.b64encode(b"a link to who started it, packed").decode() + "\x1b[0m"


def columns(lines: Lines) -> str:
    """Azure's `--output table`, which sorts columns by their names."""
    width = max(len(line) for _, line in lines)
    head = f"{'Log_s':<{width}}  {'TableName':<13}  TimeGenerated\n{'-' * width}  {'-' * 13}  {'-' * 27}\n"
    return head + "".join(f"{line:<{width}}  PrimaryResult  {stamp(at)}Z\n" for at, line in lines)


def listed(lines: Lines) -> str:
    """AWS's `--output yaml`: texts between single quotes, and a token behind the events."""
    items = (
        "- eventId: '{}'\n  ingestionTime: {}\n  message: '{}'\n  timestamp: {}\n".format(
            number, int(at * 1000) + 9, line.replace("'", "''"), int(at * 1000)
        )
        for number, (at, line) in enumerate(lines)
    )
    return "events:\n" + "".join(items) + "nextForwardToken: f/1\n"


def jenkins(lines: Lines) -> str:
    """Jenkins' console, with its hidden notes before some of the lines."""
    told = "".join(f"{NOTE if number % 5 == 0 else ''}{line}\n" for number, (_, line) in enumerate(lines))
    return f"Started by user {NOTE}ada\n{NOTE}[Pipeline] sh\n{told}{NOTE}[Pipeline] }}\nFinished: SUCCESS\n"


def paged(lines: Lines) -> str:
    """A pager's screen as script(1) keeps it: the pager erases its prompt before it writes on."""
    prompt = "\x1b[7mweb.log\x1b[27m\x1b[K\r\x1b[K"
    return "".join(f"{prompt if number % 30 == 29 else ''}{line}\x1b[m\r\n" for number, (_, line) in enumerate(lines))


def chat(lines: Lines) -> str:
    """What Slack exports of a message: angle brackets as entities, quotes as they are."""
    text = html.escape("".join(f"{line}\n" for _, line in lines), quote=False).rstrip("\n")
    told = {"type": "message", "user": "U1", "text": f"it broke:\n```{text}```", "ts": f"{lines[-1][0]:.6f}"}
    return json.dumps([told], indent=4)


def pod(lines: Lines) -> str:
    """`kubectl get pod -o json` of a container that ended with an error."""
    ended = {
        "exitCode": 1,
        "finishedAt": stamp(lines[-1][0], "%Y-%m-%dT%H:%M:%SZ"),
        "message": "".join(f"{line}\n" for _, line in lines),
        "reason": "Error",
    }
    status = {"containerStatuses": [{"name": "web", "lastState": {"terminated": ended}, "ready": False}]}
    told = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web-6f9d"}, "status": status}
    return json.dumps(told, indent=4) + "\n"


def pod_yaml(lines: Lines) -> str:
    """The same with `-o yaml`."""
    text = "".join(f"          {line}\n" if line else "\n" for _, line in lines)
    return (
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web-6f9d\nstatus:\n  containerStatuses:\n"
        "  - containerID: containerd://9f\n    lastState:\n      terminated:\n        exitCode: 1\n"
        f'        finishedAt: "{stamp(lines[-1][0], "%Y-%m-%dT%H:%M:%SZ")}"\n        message: |\n{text}'
        "        reason: Error\n    name: web\n    ready: false\n"
    )


CONSOLES: dict[str, Wrap] = {
    "gcloud-table": newest_first(
        lambda lines: (
            "TIMESTAMP                    SEVERITY  TEXT_PAYLOAD\n"
            + before(lambda at: f"{stamp(at)}Z  ERROR     ")(lines)
        )
    ),
    "syslog-elements": before(
        lambda at: f'<11>1 {stamp(at)}Z web shop 7 - [timeQuality tzKnown="1"][meta sequenceId="{int(at * 1000)}"] '
    ),
    "syslog-mark": before(lambda at: f"<30>1 {stamp(at)}Z web shop 7 - - \ufeff"),
    "since-the-start": before(lambda at: f"[{at - 1795334000:9.1f}] shop[811]: "),
    "azure-columns": columns,
    "aws-yaml": listed,
    "jenkins-notes": jenkins,
    "pager": paged,
    "slack-export": chat,
    "escaped-twice": lambda lines: "".join(f"{html.escape(html.escape(line))}\n" for _, line in lines),
    "json-texts": lambda lines: "".join(json.dumps(line) + "\n" for _, line in lines),
    "woodpecker": woodpecker,
    "kinesis": queue,
    "pod-json": pod,
    "pod-yaml": pod_yaml,
    "journal-sse": lambda lines: "".join(
        "data: " + json.dumps({"__REALTIME_TIMESTAMP": str(int(at * 1e6)), "MESSAGE": line, "_PID": "7"}) + "\n\n"
        for at, line in lines
    ),
    "kcat": before(lambda at: f"{int(at * 1000)} web-1 "),
    "fly-json": lambda lines: "".join(
        json.dumps({"level": "info", "instance": "3d8d", "message": line, "timestamp": milli(at), "meta": {}}, indent=4)
        + "\n"
        for at, line in lines
    ),
    "tekton": before(lambda _: "[build : run-tests] "),
    "carriage-returns": lambda lines: "".join(f"{line}\r" for _, line in lines),
    "act": before(lambda _: "[CI/test]   | "),
    "cloud-build": before(lambda _: 'Step #3 - "test": '),
    "git-push": before(lambda _: "remote:        "),
    "ray": before(lambda _: "\x1b[36m(handle pid=4711)\x1b[0m "),
    "torchrun": before(lambda _: "[default0]:"),
    "mpirun": before(lambda _: "[1,0]<stderr>:"),
}
