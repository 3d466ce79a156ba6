"""Of what is no log it is said that there was nothing to look at; a log of any kind is none of these."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.streams.carriers.test_carriers import read

TABLE = "time,host,seconds\n" + "".join(f"2026-11-22T08:00:{second:02d}Z,web,{second}\n" for second in range(9))
BAR = "{0:3d}%|█████     | {0}/100 [00:12<00:30,  3.1it/s]"
CHECKPOINTS = "".join(
    f"2026-11-22 08:0{minute}:00.123 UTC [27] LOG:  checkpoint complete: wrote 3 buffers (0.0%); 0 WAL file(s) added\n"
    for minute in range(9)
)
TESTS = "".join(f"tests/test_orders.py::test_{number} PASSED [ {number}0%]\n" for number in range(1, 10))
BARS = "\r".join(BAR.format(percent) for percent in range(0, 101, 5)) + "\n"


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_table_without_a_column_of_lines_was_not_looked_at(separator: str, tmp_path: Path) -> None:
    problem = read(tmp_path / "input", TABLE.replace(",", separator).encode()).problem
    assert "no column is known to have a program's lines: time, host, seconds" in problem


def test_what_an_export_says_of_its_pages_is_no_record_without_a_message(tmp_path: Path) -> None:
    record = {"id": "A", "type": "log", "attributes": {"timestamp": "2026-11-22T08:00:00Z", "message": "INFO: up"}}
    export = json.dumps({"data": [record], "meta": {"page": {"after": "x"}}})
    assert read(tmp_path / "input", export.encode()).problem == ""
    alone = '{"seen": "2026-11-22T08:00:00Z", "page": {"after": "x"}}\n'
    assert "1 of 1 JSON records have no message" in read(tmp_path / "input", alone.encode()).problem


@pytest.mark.parametrize("text", [BARS, BARS.replace("\r", "\n"), "Downloading: 12%\nDownloading: 100%\n"])
def test_bars_alone_are_nothing_to_look_at(text: str, tmp_path: Path) -> None:
    assert "nothing in it but progress bars" in read(tmp_path / "input", text.encode()).problem


@pytest.mark.parametrize(
    "text",
    [
        TABLE.replace("seconds", "status"),
        TABLE.replace("host", "message"),
        BARS + "trained\n",
        CHECKPOINTS,
        TESTS,
        BARS + "100% of the disk is in use: writes fail\n",
        "INFO, up, 1\nINFO, still up, 2\nINFO, done, 3\nINFO, gone, 4\n",
        "name, kind, count\nand then, they all, went home\nof which, nobody, knew\nwhat for, or why, at all\n",
    ],
)
def test_what_may_be_a_log_is_one(text: str, tmp_path: Path) -> None:
    assert read(tmp_path / "input", text.encode()).problem == ""
