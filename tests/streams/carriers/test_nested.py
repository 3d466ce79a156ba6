"""A carrier inside another one: the same problems, whichever two (and three) they are."""

from __future__ import annotations

import csv
import io
import json
import random
from pathlib import Path

import pytest

from forge_doctor.logs.collect import Task, collect
from forge_doctor.streams.sources.files import FileSource
from tests.streams.carriers.test_carriers import answer, plain, read, timed
from tests.support.log_carriers import EVERY, Lines, Wrap, records, stamp
from tests.support.log_exports import EXPORTS
from tests.support.log_reading import RULES, SAMPLES

ALL = (
    EVERY
    | EXPORTS
    | {"docker-json": records(lambda at, line: {"log": line + "\n", "stream": "stderr", "time": stamp(at) + "Z"})}
)
PREFIXES = (
    *(
        "docker-timestamps",
        "aws-tail",
        "s3-export",
        "logcli",
        "heroku",
        "fly",
        "papertrail",
        "ts",
        "pm2",
        "github-actions",
    ),
    *("kubectl-timestamps", "compose-timestamps", "stern", "honcho", "quoted", "numbered", "supervisor"),
)
RECORDS = (
    "fluent-bit",
    "filebeat",
    "vector",
    "gcp-lines",
    "azure-container-apps",
    "logcli-json",
    "docker-json",
    "logdna",
    "fluentd-file",
)
NAMES = ("lazy_default_311.raw.log", "psycopg_311.raw.log", "healthy_312.raw.log")
ORDER = random.Random(20261129)
COMPOSED = [
    (ORDER.choice(NAMES), ORDER.choice(outer), ORDER.choice(inner))
    for outer, inner in ((PREFIXES, RECORDS), (RECORDS, PREFIXES), (RECORDS, RECORDS), (PREFIXES, PREFIXES)) * 2
]


def inside(outer: Wrap, inner: Wrap, lines: Lines) -> str:
    """The log in one carrier, and that in another."""
    told = inner(lines).split("\n")[:-1]
    assert len(told) == len(lines)
    return outer([(at, line) for (at, _), line in zip(lines, told, strict=True)])


@pytest.mark.parametrize(("name", "outer", "inner"), COMPOSED)
def test_two_carriers_of_any_kind_are_taken_off(name: str, outer: str, inner: str, tmp_path: Path) -> None:
    data = inside(ALL[outer], ALL[inner], timed((SAMPLES / name).read_text()))
    found = read(tmp_path / "input", data.encode())
    assert answer(found.summary.groups.values()) == plain(name)[0]
    assert found.problem == ""


@pytest.mark.parametrize("name", NAMES)
def test_docker_s_records_behind_a_pod_s_name_in_a_pipeline_s_log(name: str, tmp_path: Path) -> None:
    lines = timed((SAMPLES / name).read_text())
    told = inside(ALL["kubectl-timestamps"], ALL["docker-json"], lines).split("\n")[:-1]
    data = ALL["github-actions"]([(at, line) for (at, _), line in zip(lines, told, strict=True)])
    assert answer(read(tmp_path / "input", data.encode()).summary.groups.values()) == plain(name)[0]


def test_records_that_a_program_writes_behind_a_prefix_stay_its_own(tmp_path: Path) -> None:
    rows = [{"level": "error", "message": f'order {{"id": {number}}} lost', "logger": "shop"} for number in range(30)]
    data = "".join(f"2026-11-22T08:00:{number:02}Z web-1 {json.dumps(row)}\n" for number, row in enumerate(rows))
    groups = read(tmp_path / "input", data.encode()).summary.groups.values()
    assert sum(group.count for group in groups) == 30


RECORDS_OF_A_PROGRAM = [
    {"timestamp": f"2026-11-22T08:00:{number:02}Z", "level": "ERROR" if number % 5 == 3 else "INFO", "message": words}
    for number, words in enumerate(
        ["<html><body>x</body></html>", '[{"a": 1}]', "time,message", "lost order 7", "- a: 1"] * 4
    )
]


@pytest.mark.parametrize(
    "carrier", ["fly", "kubectl-timestamps", "fluent-bit", "gcp-lines", "insights-csv", "python-dictionaries", "page"]
)
def test_what_a_program_says_of_its_records_is_kept_whatever_their_words_look_like(
    carrier: str, tmp_path: Path
) -> None:
    lines = [(1795334400.0 + at, json.dumps(row)) for at, row in enumerate(RECORDS_OF_A_PROGRAM)]
    groups = list(read(tmp_path / "input", ALL[carrier](lines).encode()).summary.groups.values())
    assert [group.count for group in groups] == [4]


def test_a_level_that_stands_before_all_lines_is_their_stream_s(tmp_path: Path) -> None:
    words = [
        "INFO:     up",
        "WARNING:  again in 2 s",
        "INFO:     on",
        'INFO:     10.0.0.1:1 - "GET / HTTP/1.1" 200 OK',
    ] * 6
    data = "".join(f"2026-11-22T08:00:{at:02}.123Z\tERROR\t{line}\n" for at, line in enumerate(words))
    assert not read(tmp_path / "input", data.encode()).summary.groups


def test_journald_s_records_with_whole_tracebacks_are_read_inside_of_a_table(tmp_path: Path) -> None:
    trace = 'ERROR:shop:lost\nTraceback (most recent call last):\n  File "/app/shop.py", line 3, in pay\n    run()\nValueError: no'
    entries = [
        {"__REALTIME_TIMESTAMP": str((1795334400 + second) * 10**6), "_PID": "7", "MESSAGE": text}
        for second, text in enumerate(("INFO:shop:up", trace, "INFO:shop:on", trace))
    ]
    out = io.StringIO()
    csv.writer(out).writerows(
        [("timestamp", "message"), *(("2026-11-22T08:00:00Z", json.dumps(one)) for one in entries)]
    )
    (tmp_path / "input").write_text(out.getvalue())
    found = collect(Task(source=FileSource(name="shop", paths=(tmp_path / "input",)), rules=RULES))
    assert [(one.exception, one.count) for one in found.summary.groups.values()] == [("ValueError", 2)]
    assert found.problem == ""
