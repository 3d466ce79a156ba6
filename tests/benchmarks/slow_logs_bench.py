"""Times `forge-doctor slow --log` on engine logs beside `forge-doctor logs` on the same file, with counts that are known.

    python -m tests.benchmarks.slow_logs_bench                     60 MB in two layouts
    python -m tests.benchmarks.slow_logs_bench --megabytes 200 --rounds 5

Rounds are interleaved; the ratio is of the medians of CPU time. Fails where the runs counted are not those written.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from pathlib import Path

from tests.benchmarks.process_cost import run
from tests.support.engine_logs import BY_REQUEST, EngineLog

CHILD = "SELECT shelves.id, shelves.hall_id, shelves.title \nFROM shelves \nWHERE $1::INTEGER = shelves.hall_id"
PARENT = "SELECT halls.id, halls.name \nFROM halls ORDER BY halls.id \n LIMIT $1::INTEGER"
REQUESTS, LOADS = 50, 20
LAYOUTS = ("fields", "JSON")
PROGRAM = (sys.executable, "-m", "forge_doctor")


def write_log(path: Path, layout: str, size: int) -> int:
    """An engine log of about so many bytes; how often the child ran."""
    log = EngineLog()
    for request in range(REQUESTS):
        log.begin(f"r{1000 + request}")
        log.run(PARENT, "(20,)", f"r{1000 + request}")
        for number in range(LOADS):
            log.run(CHILD, f"({number},)", f"r{1000 + request}")
        log.end(f"r{1000 + request}")
    text = log.text(BY_REQUEST[layout]).encode()
    times = max(1, size // len(text))
    with path.open("wb") as file:
        for _ in range(times):
            file.write(text)
    return times * REQUESTS * LOADS


def runs_told(output: bytes) -> int:
    """Runs of the child in a report in JSON."""
    statements = json.loads(output)["slow"]["statements"]
    return sum(one["calls"] for one in statements if "hall_id" in one["statement"] and "WHERE" in one["statement"])


def main() -> int:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "app.log"
        for layout in LAYOUTS:
            wanted = write_log(path, layout, options.megabytes * 1_000_000)
            slow = [*PROGRAM, "slow", "--log", str(path), "--output-format", "json"]
            logs = [*PROGRAM, "logs", str(path), "--jobs", "1", "--output-format", "json"]
            costs: dict[str, list[float]] = {"slow": [], "logs": []}
            for _ in range(options.rounds):
                told = run(slow, Path(folder), accepted=(0, 1, 3))
                wrong += runs_told(told.output) != wanted
                costs["slow"].append(told.cpu_s)
                costs["logs"].append(run(logs, Path(folder), accepted=(0, 1, 3)).cpu_s)
            medians = {name: statistics.median(values) for name, values in costs.items()}
            rate = path.stat().st_size / 1e6 / medians["slow"]
            print(
                f"{layout:<8} {path.stat().st_size / 1e6:6.0f} MB  slow {medians['slow']:6.2f} s  logs {medians['logs']:6.2f} s  "
                f"{medians['slow'] / medians['logs']:5.1f} x  {rate:5.0f} MB/s"
            )
    if wrong:
        print(f"{wrong} runs of slow counted what was not written")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
