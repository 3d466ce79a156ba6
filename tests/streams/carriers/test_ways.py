"""Further ways in which a log leaves a system: the same problems, counts and culprits; a time wherever the way tells one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.streams.carriers.test_carriers import answer, plain, read, timed
from tests.support.log_consoles import CONSOLES
from tests.support.log_reading import SAMPLES
from tests.support.log_searches import SEARCHES
from tests.support.log_ways import BYTES_WAYS, WAYS

UNTIMED = frozenset(
    (
        *("firelens", "nomad", "mail", "typescript", "slack", "tmux-numbers", "diff-marked", "yaml-block"),
        *("shell-assignment", "utf-16-bom", "python-terminal", "utf-16-no-mark", "logcli-raw"),
        *("since-the-start", "jenkins-notes", "pager", "slack-export", "escaped-twice", "json-texts", "tekton", "act"),
        *("carriage-returns", "cloud-build", "git-push", "ray", "torchrun", "mpirun", "woodpecker"),
        # They tell when the container ended.
        *("pod-json", "pod-yaml"),
    )
)
NAMES = ("psycopg_311.raw.log", "healthy_312.raw.log")
CASES = [(way, NAMES[number % 2]) for number, way in enumerate((*WAYS, *BYTES_WAYS))]
TWICE = (
    *SEARCHES,
    *CONSOLES,
    "logcli-raw",
    "utf-16-no-mark",
    "cri-parts",
    "logtail",
    "opensearch-bulk",
    "otel-debug",
    "markdown-table",
    "mail",
    "multilog",
    "app-insights-csv",
    "python-terminal",
)
CASES += [(way, NAMES[0]) for way in TWICE if (way, NAMES[0]) not in CASES]


@pytest.mark.slow
@pytest.mark.parametrize(("way", "name"), CASES)
def test_a_log_gives_the_same_however_it_was_got_out(way: str, name: str, tmp_path: Path) -> None:
    lines = timed((SAMPLES / name).read_text())
    found = read(tmp_path / "input", BYTES_WAYS[way](lines) if way in BYTES_WAYS else WAYS[way](lines).encode())
    groups = found.summary.groups.values()
    assert answer(groups) == plain(name)[0]
    assert found.problem == ""


@pytest.mark.parametrize("way", sorted(CONSOLES))
def test_a_service_that_is_well_stays_silent_in_each_console(way: str, tmp_path: Path) -> None:
    lines = [(1795334400.0 + second, f"INFO:     GET /carts/{second} took 3 ms") for second in range(40)]
    found = read(tmp_path / "input", CONSOLES[way](lines).encode())
    assert (found.problem, list(found.summary.groups)) == ("", [])


@pytest.mark.parametrize("way", sorted((WAYS | BYTES_WAYS).keys() - UNTIMED))
def test_a_way_that_tells_a_time_gives_it(way: str, tmp_path: Path) -> None:
    trace = [
        "Traceback (most recent call last):",
        '  File "/app/shop.py", line 3, in pay',
        "    run()",
        "ValueError: no",
    ]
    lines = [
        (1795334400.0 + second, line)
        for second, line in enumerate(["INFO:     up", "ERROR:    lost", *trace, "INFO:     on"])
    ]
    found = read(tmp_path / "input", BYTES_WAYS[way](lines) if way in BYTES_WAYS else WAYS[way](lines).encode())
    groups = list(found.summary.groups.values())
    assert answer(groups) == [("ValueError", "/app/shop.py:3 pay", 1)]
    assert groups[0].first == pytest.approx(1795334401.0, abs=4.5)


@pytest.mark.parametrize("outer", ["diff-marked", "kubectl-prefix"])
def test_a_table_behind_a_prefix_is_a_table(outer: str, tmp_path: Path) -> None:
    lines = timed((SAMPLES / NAMES[0]).read_text())
    rows = [(lines[0][0], row) for row in WAYS["markdown-table"](lines).splitlines()]
    groups = read(tmp_path / "input", WAYS[outer](rows).encode()).summary.groups.values()
    assert answer(groups) == plain(NAMES[0])[0]
