"""What a log holds and nobody could read is told with its first line; what is only quoted is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from forge_doctor.logs.collect import Collected, Task, collect
from forge_doctor.streams.sources.files import FileSource
from tests.support.log_reading import RULES, SAMPLES

ODD = """\
2026-11-22 08:00:00,100 INFO app begins
2026-11-22 08:00:01,100 ERROR app failed
#1# Traceback (most recent call last):
#22#   Fi-le "/app/x.py", line 3, in f password=hunter2
#333#     x()
#4444# KeyError: 'a'
"""
UNKNOWN_FORM = "".join(
    f"<<{n}>>~ db said QueuePool limit of size 5 overflow 10 reached, connection timed out\n" for n in range(3)
)


def read(tmp_path: Path, text: str, strip: str = "") -> Collected:
    path = tmp_path / "app.log"
    path.write_text(text)
    return collect(Task(source=FileSource(name="app.log", paths=(path,)), rules=RULES, strip=strip))


def test_a_traceback_that_cannot_be_made_out_is_told_with_its_first_line_and_the_way_out(tmp_path: Path) -> None:
    said = read(tmp_path, ODD).problem
    assert said.startswith("app.log: 1 traceback could not be made out, the first: '#1# Traceback")
    assert "--strip REGEX" in said


def test_a_line_that_names_a_fault_in_a_log_without_known_records_is_told(tmp_path: Path) -> None:
    said = read(tmp_path, UNKNOWN_FORM).problem
    assert said.startswith("app.log: no record of a known form, and 3 lines that may name a fault, the first: '<<0>>~")


def test_what_a_person_takes_off_is_off(tmp_path: Path) -> None:
    text = "".join(f"~{n * n}~{line}\n" for n, line in enumerate(ODD.replace("Fi-le", "File").splitlines()))
    found = read(tmp_path, text, strip=r"~\d+~(?:#\d+# )?")
    assert found.problem == ""
    (group,) = found.summary.groups.values()
    assert (group.exception, group.count) == ("KeyError", 1)


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-22 08:00:00,100 INFO app search q='Traceback (most recent call last):' found 3\n",
        'INFO:     10.0.0.1:1 - "GET /?q=Traceback%20(most%20recent%20call%20last) HTTP/1.1" 200 OK\n',
        "2026-11-22 08:00:00,100 INFO app print\nsearched for deadlock detected\n",
        # It ends with the log, or was cut from the front.
        'ERROR:    failed\nTraceback (most recent call last):\n  File "/app/x.py", line 3, in f\n    x()\n',
        "",
    ],
)
def test_what_is_quoted_or_cut_off_is_no_rest(text: str, tmp_path: Path) -> None:
    assert read(tmp_path, text + "INFO:     next\n" * (not text)).problem == ""


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*.log")), ids=lambda path: path.name)
def test_nothing_is_left_of_the_samples(path: Path) -> None:
    found = collect(Task(source=FileSource(name=path.name, paths=(path,)), rules=RULES))
    assert found.problem == ""
