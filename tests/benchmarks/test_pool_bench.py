"""The benchmark runs, and its ratios are those of its rounds."""

from __future__ import annotations

import subprocess
import sys

from tests.benchmarks import pool_bench


def test_it_times_the_doctor_beside_psql_and_the_floors() -> None:
    command = (sys.executable, pool_bench.__file__, "--rounds", "1", "--backends", "3")
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=180)
    assert done.returncode == 0, done.stderr
    figures = {
        line[:28].strip(): [float(word) for word in line[28:].split() if word != "-"]
        for line in done.stdout.splitlines()[3:]
    }
    assert figures["psql"][2] == 1.0
    assert {"python -c pass", "typer alone", "typer + asyncpg + query", "forge-doctor pool"} <= figures.keys()
    assert all(milliseconds > 0 for milliseconds, *_ in figures.values())


def test_a_ratio_is_the_median_of_the_ratios_of_the_rounds() -> None:
    times = {"a": [10.0, 40.0, 90.0], "psql": [10.0, 20.0, 30.0]}
    assert pool_bench.ratio(times, "a", "psql") == "2.00"
    assert pool_bench.ratio(times, "a", "docker exec psql") == "-"


def test_a_command_that_gives_no_answer_stops_the_benchmark_with_its_words() -> None:
    failing = pool_bench.Command(name="broken", argv=(sys.executable, "-c", "raise SystemExit('no answer')"))
    done = subprocess.run(
        (sys.executable, "-c", f"from tests.benchmarks.pool_bench import Command; {failing!r}.time({{}})"),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1
    assert "broken exits 1: no answer" in done.stderr
