"""Further ways in which a log leaves a system: consoles of platforms, files of supervisors, answers of searches, mails and notes."""

from __future__ import annotations

import html
import json
import quopri
import re
from collections.abc import Callable

from tests.support.log_carriers import Lines, Wrap, before, milli, stamp, table
from tests.support.log_consoles import CONSOLES
from tests.support.log_platforms import PLATFORMS
from tests.support.log_searches import SEARCHES
from tests.support.log_verticals import VERTICALS


def tai(at: float) -> str:
    """The moment as multilog writes it: TAI seconds and nanoseconds, hexadecimal."""
    whole = int(at)
    return f"@{(1 << 62) + whole + 10:016x}{int((at - whole) * 1e9):08x}"


def cri(lines: Lines) -> str:
    """CRI's files: long lines in parts."""
    out = []
    for at, line in lines:
        parts = [line[i : i + 70] for i in range(0, len(line), 70)] or [""]
        out += [
            f"{stamp(at)}123Z stderr {'F' if n == len(parts) - 1 else 'P'} {part}\n" for n, part in enumerate(parts)
        ]
    return "".join(out)


def bulk(lines: Lines) -> str:
    """What is sent to OpenSearch: an action before each record."""
    return "".join(
        json.dumps({"index": {"_index": "app-2026", "_id": str(n)}})
        + "\n"
        + json.dumps({"@timestamp": milli(at), "message": line})
        + "\n"
        for n, (at, line) in enumerate(lines)
    )


def sqllike(lines: Lines) -> str:
    """A table as psql shows it."""
    rows = [(stamp(at)[:-3].replace("T", " "), line) for at, line in lines]
    width = max(len(line) for _, line in rows)
    head = f" {'ts':^23} | {'message':^{width}} \n{'-' * 25}+{'-' * (width + 2)}\n"
    return head + "".join(f" {at} | {line:<{width}} \n" for at, line in rows) + f"({len(rows)} rows)\n"


def markdown(lines: Lines) -> str:
    """A table in an issue."""
    rows = [
        (stamp(at)[:-3].replace("T", " "), html.escape(line, quote=False).replace("|", "&#124;")) for at, line in lines
    ]
    return "| time | message |\n| --- | --- |\n" + "".join(f"| {at} | {line} |\n" for at, line in rows)


def printable(lines: Lines) -> str:
    """Sent as a mail."""
    text = "".join(f"{line}\n" for _, line in lines)
    head = "From: ops@example.com\nTo: dev@example.com\nSubject: log\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n"
    head += "Content-Transfer-Encoding: quoted-printable\n\n"
    return head + quopri.encodestring(text.encode()).decode()


def typescript(lines: Lines) -> str:
    """What script(1) keeps of a terminal."""
    return (
        'Script started on 2026-11-22 08:00:00+00:00 [TERM="xterm" COLUMNS="200" LINES="50"]\n'
        + "".join(f"\x1b[?2004l\r{line}\r\n" for _, line in lines)
        + '\nScript done on 2026-11-22 09:00:00+00:00 [COMMAND_EXIT_CODE="0"]\n'
    )


def slack(lines: Lines) -> str:
    """Pasted into a chat."""
    return "ada  10:42 AM\nhere is the log:\n```\n" + "".join(f"{line}\n" for _, line in lines) + "```\n"


def collected(lines: Lines) -> str:
    """What OpenTelemetry's collector prints."""
    out = ["Resource SchemaURL: ", "Resource attributes:", "     -> service.name: Str(shop)", "ScopeLogs #0"]
    for number, (at, line) in enumerate(lines):
        out += [f"LogRecord #{number}", "ObservedTimestamp: 1970-01-01 00:00:00 +0000 UTC"]
        out += [f"Timestamp: {stamp(at).replace('T', ' ')} +0000 UTC", "SeverityText: ", f"Body: Str({line})"]
        out += ["Trace ID: ", "Span ID: ", "Flags: 0"]
    return "\n".join(out) + "\n"


def terminal(lines: Lines) -> str:
    """Tracebacks in the colours that Python gives them from 3.13 on, where it writes to a terminal."""

    def coloured(line: str) -> str:
        frame = re.fullmatch(r'(\s*)File (".*"), line (\d+), in (.*)', line)
        if frame is not None:
            blanks, file, number, name = frame.groups()
            return f"{blanks}File \x1b[35m{file}\x1b[0m, line \x1b[35m{number}\x1b[0m, in \x1b[35m{name}\x1b[0m"
        raised = re.fullmatch(r"((?:\w+\.)*[A-Z]\w*(?:Error|Exception|Greenlet)): (.*)", line)
        return line if raised is None else f"\x1b[1;35m{raised[1]}\x1b[0m: \x1b[35m{raised[2]}\x1b[0m"

    return "".join(f"{coloured(line)}\n" for _, line in lines)


WAYS: dict[str, Wrap] = (
    PLATFORMS
    | SEARCHES
    | CONSOLES
    | {
        "logcli-raw": lambda lines: "".join(f"{line}\n" for _, line in lines[::-1]),
        "python-terminal": terminal,
        "kubectl-prefix": before(lambda at: f"[pod/web-1/web] {stamp(at)}123Z "),
        "nerdctl-compose": before(lambda at: f"web-1 |{stamp(at)}123Z "),
        "crictl": before(lambda at: f"{stamp(at)}123+00:00 stderr F "),
        "cri-parts": cri,
        "webapp-tail": before(lambda at: f"{stamp(at)}1Z "),
        "webapp-tail-blank": lambda lines: "".join(f"{stamp(at)}123Z {line}\n\n" for at, line in lines),
        "gcloud-value": before(lambda at: f"{stamp(at)}Z\tERROR\t"),
        "netlify": before(lambda at: stamp(at, "%b %d, %I:%M:%S %p: ") + "0a1b2c3d ERROR  "),
        "koyeb": before(lambda at: stamp(at, "%Y-%m-%d %H:%M:%S ") + "web 0a1b2c3d stderr "),
        "digitalocean": before(lambda at: f"web {stamp(at)}123Z "),
        "nomad": before(lambda at: "0a1b2c3d web stderr: "),
        "journal-short-iso": before(lambda at: stamp(at, "%Y-%m-%dT%H:%M:%S+0000 host1 shop[811]: ")),
        "journal-iso-precise": before(lambda at: f"{stamp(at)}+00:00 host1 shop[811]: "),
        "journal-unit": before(lambda at: stamp(at, "%b %d %H:%M:%S host1 shop.service[811]: ")),
        "runit": before(lambda at: stamp(at, "%Y-%m-%d_%H:%M:%S.%f")[:-1] + " "),
        "multilog": before(lambda at: f"{tai(at)} "),
        "opensearch-bulk": bulk,
        "psql-table": sqllike,
        "markdown-table": markdown,
        "mail": printable,
        "typescript": typescript,
        "slack": slack,
        "otel-debug": collected,
        "tmux-numbers": lambda lines: "".join(f"{n:>5}: {line}\n" for n, (_, line) in enumerate(lines, 1)),
        "diff-marked": before(lambda _: "+"),
        "yaml-block": lambda lines: (
            "apiVersion: v1\nkind: ConfigMap\ndata:\n  app.log: |\n" + "".join(f"    {line}\n" for _, line in lines)
        ),
        "shell-assignment": lambda lines: (
            "2026 log dump:\n\n    $ docker logs web\n" + "".join(f"    {line}\n" for _, line in lines)
        ),
    }
    | VERTICALS
)
BYTES_WAYS: dict[str, Callable[[Lines], bytes]] = {
    "utf-16-bom": lambda lines: "".join(f"{line}\r\n" for _, line in lines).encode("utf-16"),
    "utf-16-no-mark": lambda lines: "".join(f"{line}\r\n" for _, line in lines).encode("utf-16-le"),
    "utf-16-csv": lambda lines: table(("timestamp", "message"), lambda at, line: (milli(at), line))(lines).encode(
        "utf-16"
    ),
}
