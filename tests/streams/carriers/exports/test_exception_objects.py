"""Exceptions that a reporter has as objects are told with class, words, the user's line and time, in whatever layout."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from forge_doctor.logs.collect import Collected, Task, collect
from forge_doctor.streams.carriers.exports.exception_objects import raised_in
from forge_doctor.streams.sources.files import FileSource
from tests.support.log_carriers import milli
from tests.support.log_reading import RULES, place
from tests.support.log_reporters import REPORTERS, SITE, Call, Raised, answer, drawn, lines

BEGAN = 1795334400.0
OUTER = (Call(SITE + "starlette/routing.py", 7, "app", "await call()"), Call("/srv/shop/web.py", 3, "pay", "take()"))
POOL = Raised(
    BEGAN + 1,
    "sqlalchemy.exc.TimeoutError",
    "QueuePool limit of size 5 overflow 10 reached, connection timed out, timeout 30.00",
    (
        *OUTER,
        Call("/srv/shop/faults.py", 15, "pool", "connect()"),
        Call(SITE + "sqlalchemy/pool/impl.py", 9, "get", "x"),
    ),
)
TILL = Raised(BEGAN + 3, "shop.TillIsEmpty", "no coins", (*OUTER, Call("/srv/shop/faults.py", 20, "till", "raise it")))


def read(folder: Path, text: str) -> Collected:
    file = folder / "report.json"
    file.write_text(text)
    return collect(Task(source=FileSource(name="report", paths=(file,)), rules=RULES))


def told(found: Collected) -> list[tuple[str, str | None, int]]:
    rows = [
        (one.signature or one.exception.rpartition(".")[2], place(one), one.count)
        for one in found.summary.groups.values()
    ]
    return sorted(rows)


WANTED = [("TillIsEmpty", "/srv/shop/faults.py:20 till", 1), ("pool-timeout", "/srv/shop/faults.py:15 pool", 1)]


@pytest.mark.parametrize("write", [lines, answer])
@pytest.mark.parametrize("reporter", REPORTERS)
def test_a_reporter_s_exceptions_are_told(tmp_path: Path, reporter: str, write) -> None:
    found = read(tmp_path, write(REPORTERS[reporter], (POOL, TILL)))
    assert (told(found), found.problem) == (WANTED, "")
    assert all(one.first is not None and BEGAN <= one.first <= BEGAN + 4 for one in found.summary.groups.values())


@pytest.mark.parametrize("seed", range(40))
def test_a_layout_that_nobody_has_is_read(tmp_path: Path, seed: int) -> None:
    assert told(read(tmp_path, lines(drawn(seed), (POOL, TILL)))) == WANTED


def test_one_event_alone_is_read(tmp_path: Path) -> None:
    assert told(read(tmp_path, json.dumps(REPORTERS["sentry_api"](TILL)))) == WANTED[:1]


def test_an_issue_without_places_has_its_class_and_no_line(tmp_path: Path) -> None:
    about = {"type": "TimeoutError", "value": POOL.words, "filename": "shop/faults.py"}
    issue = {
        "id": "1",
        "title": "x y",
        "status": "unresolved",
        "metadata": about,
        "lastSeen": milli(BEGAN),
        "count": "3",
    }
    assert told(read(tmp_path, json.dumps([issue, issue]))) == [("pool-timeout", None, 2)]


def test_names_of_files_without_folders_blame_no_line() -> None:
    stack = [{"path": "base.py", "line": 3, "label": "run"}, {"path": "impl.py", "line": 9, "label": "get"}]
    assert "File" not in raised_in({"cause": {"exceptions": [{"type": "OSError", "message": "gone", "stack": stack}]}})


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"files": [{"file": "a/b.py", "line": 3}, {"file": "a/c.py", "line": 4}]},
        {"error": None, "exception": {"type": None, "value": None}},
        {"handled": {"type": "KeyError", "value": "'a'", "frames": [{"file": "/srv/a.py", "line": 3}]}},
    ],
)
def test_a_healthy_log_with_such_objects_is_silent(tmp_path: Path, more: dict[str, object]) -> None:
    records = [{"time": milli(BEGAN + n), "level": "info", "message": f"served cart {n}", **more} for n in range(6)]
    found = read(tmp_path, "".join(json.dumps(one) + "\n" for one in records))
    assert (told(found), found.problem) == ([], "")


def test_seq_s_events_are_told_and_its_healthy_ones_are_silent(tmp_path: Path) -> None:
    tokens = [{"Text": "served "}, {"PropertyName": "Cart", "RawText": "{Cart}"}]
    event = {
        "Timestamp": milli(BEGAN),
        "Properties": [{"Name": "App", "Value": "shop"}],
        "MessageTemplateTokens": tokens,
    }
    quiet = [event | {"Level": "Information", "Id": f"e{n}"} for n in range(4)]
    loud = event | {
        "Level": "Error",
        "Exception": 'Traceback (most recent call last):\n  File "/srv/a.py", line 3, in f\n    g()\nShopError: x',
    }
    healthy = read(tmp_path, json.dumps(quiet))
    assert (told(healthy), healthy.problem) == ([], "")
    assert told(read(tmp_path, json.dumps([*quiet, loud]))) == [("ShopError", "/srv/a.py:3 f", 1)]
