"""What a task of Ansible gave is read as the lines it wrote: each event of a value counts, a value given twice counts once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from forge_doctor.logs.collect import Collected, Task, collect
from forge_doctor.streams.sources.files import FileSource
from tests.support.log_reading import RULES, place

TRACE = 'Traceback (most recent call last):\n  File "/srv/shop.py", line 3, in pay\n    run()\nshop.Error: no'
AT = "2026-11-22 08:00:0{} {}"
LOG = "\n".join(
    [AT.format(1, "INFO up"), *(AT.format(n, "ERROR lost\n") + TRACE for n in (2, 4, 6)), AT.format(8, "INFO on")]
)
HEALTHY = "\n".join(AT.format(number, f"INFO served cart {number}") for number in range(6))
SHAPES = {
    "msg": lambda text: {"changed": False, "msg": text},
    "stdout twice": lambda text: {
        "rc": 0,
        "stdout": text,
        "stdout_lines": text.split("\n"),
        "stderr": "",
        "stderr_lines": [],
    },
    "a variable": lambda text: {"shown.stdout_lines": text.split("\n")},
    "results": lambda text: {
        "results": [{"item": 1, "stdout": text, "stdout_lines": text.split("\n")}],
        "msg": "All items completed",
    },
}
HEADS = ("ok: [web1] => ", "fatal: [web1]: FAILED! => ", "ok: [web1] => (item=7) => ")


def shown(head: str, value: object, indent: int | None) -> str:
    recap = "\nPLAY RECAP *****\nweb1 : ok=3 changed=1 unreachable=0 failed=0\n"
    return f"TASK [show the log] *****\n{head}{json.dumps(value, indent=indent)}\n{recap}"


def read(folder: Path, text: str) -> Collected:
    file = folder / "play.txt"
    file.write_text(text)
    return collect(Task(source=FileSource(name="play", paths=(file,)), rules=RULES))


@pytest.mark.parametrize("indent", [None, 4])
@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("shape", SHAPES)
def test_every_event_of_a_value_counts(tmp_path: Path, shape: str, head: str, indent: int | None) -> None:
    found = read(tmp_path, shown(head, SHAPES[shape](LOG), indent))
    (group,) = found.summary.groups.values()
    assert (group.exception, place(group), group.count, found.problem) == ("shop.Error", "/srv/shop.py:3 pay", 3, "")


@pytest.mark.parametrize("indent", [None, 4])
@pytest.mark.parametrize("shape", SHAPES)
def test_a_healthy_play_is_silent(tmp_path: Path, shape: str, indent: int | None) -> None:
    found = read(tmp_path, shown(HEADS[0], SHAPES[shape](HEALTHY), indent))
    assert (len(found.summary.groups), found.problem) == (0, "")


def test_an_object_that_is_cut_stays_as_it_is(tmp_path: Path) -> None:
    text = shown(HEADS[0], SHAPES["msg"](LOG), None)
    cut = text[: text.index("PLAY RECAP") - 30]
    assert sum(one.count for one in read(tmp_path, cut).summary.groups.values()) >= 1 or read(tmp_path, cut).problem
