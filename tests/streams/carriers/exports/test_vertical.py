"""A table shown with a field a line gives what the log gives, a line of the program a row or a whole record."""

from __future__ import annotations

from pathlib import Path

import pytest

from forge_doctor.logs.collect import Collected, Task, collect
from forge_doctor.streams.carriers.exports.vertical import layout_of
from forge_doctor.streams.sources.files import FileSource
from tests.support.log_reading import RULES, place
from tests.support.log_verticals import VERTICALS

BEGAN = 1795334400.0
TRACE = 'Traceback (most recent call last):\n  File "/srv/shop.py", line 3, in pay\n    run()\nshop.Error: no'
WHOLE = [
    (BEGAN, "INFO: up"),
    (BEGAN + 2, f"ERROR: could not pay\n{TRACE}"),
    (BEGAN + 4, "INFO: on"),
    (BEGAN + 6, f"ERROR: could not pay\n{TRACE}"),
]
SINGLE = [(at, line) for at, text in WHOLE for line in text.split("\n")]
HEALTHY = [(BEGAN + number, f"INFO: served cart {number}\nwith id = 7 | name: x") for number in range(5)]


def read(folder: Path, text: str) -> Collected:
    file = folder / "table.txt"
    file.write_text(text)
    return collect(Task(source=FileSource(name="table", paths=(file,)), rules=RULES))


@pytest.mark.parametrize("lines", [WHOLE, SINGLE], ids=["records", "lines"])
@pytest.mark.parametrize("way", VERTICALS)
def test_a_table_gives_what_its_log_gives(tmp_path: Path, way: str, lines: list[tuple[float, str]]) -> None:
    found = read(tmp_path, VERTICALS[way](lines))
    (group,) = found.summary.groups.values()
    assert (group.exception, place(group), group.count, found.problem) == ("shop.Error", "/srv/shop.py:3 pay", 2, "")
    assert group.first == pytest.approx(BEGAN + 2, abs=0.1)
    assert group.last == pytest.approx(BEGAN + 6, abs=0.1)


@pytest.mark.parametrize("way", VERTICALS)
def test_a_healthy_table_is_silent(tmp_path: Path, way: str) -> None:
    found = read(tmp_path, VERTICALS[way](HEALTHY))
    assert (len(found.summary.groups), found.problem) == (0, "")


@pytest.mark.parametrize(
    "text",
    [
        "INFO: up\nINFO: on\n",
        "name: shop\nimage: shop:1\n",
        "time: 1\nmessage: x\n",
        "message = x\nlevel = 3\n\nmessage = y\nlevel = 4\n",
        "2026-11-22 08:00:00 message: x\n",
    ],
)
def test_what_is_no_such_table_is_none(text: str) -> None:
    assert layout_of(text.encode().split(b"\n")) is None
