"""The benchmark runs, and its ratios are those of its rounds."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.benchmarks import slow_bench


@pytest.mark.slow
def test_it_times_slow_beside_psql_and_what_sampling_costs() -> None:
    command = (sys.executable, slow_bench.__file__, "--rounds", "1", "--seconds", "0.5", "--sessions", "3")
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=180)
    assert done.returncode == 0, done.stderr
    figures = {line[:34].strip(): [float(word) for word in line[34:].split()] for line in done.stdout.splitlines()[1:]}
    assert figures[slow_bench.PSQL][1] == 1.0
    assert figures[slow_bench.TOTALS][0] > 0
    assert figures["a look at sessions, server ms"][0] > 0


def test_a_ratio_is_the_median_of_the_ratios_of_the_rounds() -> None:
    assert slow_bench.ratio({"a": [10.0, 40.0, 90.0], "b": [10.0, 20.0, 30.0]}, "a", "b") == 2.0
