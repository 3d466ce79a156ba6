"""What one triage of the demo's shop costs beside the slowest of its parts: time, its first line, memory of all processes.

Rounds are interleaved and medians told, since a busy machine slows all of them; the cache of lint is warm after the first.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent.parent))

from forge_doctor.demo.conductor import customers, open_shop, temporary_folder
from tests.benchmarks.process_cost import peak_of_tree, run

ANSWERS = (0, 1, 3)
FORGE_DOCTOR = (sys.executable, "-m", "forge_doctor")


def commands(application: str, log: Path, dsn: str) -> dict[str, tuple[str, ...]]:
    """The triage and what it runs, each as a command of its own."""
    return {
        "triage": (*FORGE_DOCTOR, "triage", application, "--output-format", "json"),
        "pool": (*FORGE_DOCTOR, "pool", "--dsn", dsn),
        "logs": (*FORGE_DOCTOR, "logs", str(log), "--since", "30m"),
        "slow": (*FORGE_DOCTOR, "slow", "--dsn", dsn, "--duration", "1"),
    }


def first_line_s(command: tuple[str, ...]) -> float:
    """Seconds until the first step of discovery is told."""
    began = time.perf_counter()
    with subprocess.Popen((*command, "--verbose"), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        process.stderr.readline()
        told = time.perf_counter() - began
        process.stderr.read()
    return told


def measure(application: str, log: Path, dsn: str, rounds: int) -> None:
    """Print what was found."""
    here = Path.cwd()
    asked = commands(application, log, dsn)
    walls: dict[str, list[float]] = {name: [] for name in asked}
    cpu: dict[str, list[float]] = {name: [] for name in asked}
    parts: dict[str, list[float]] = {}
    firsts = []
    for _ in range(rounds):
        for name, command in asked.items():
            cost = run(command, here, accepted=ANSWERS)
            walls[name].append(cost.wall_s)
            cpu[name].append(cost.cpu_s)
            if name == "triage":
                for part in json.loads(cost.output)["parts"]:
                    parts.setdefault(part["part"], []).append(part["seconds"])
        firsts.append(first_line_s(asked["triage"]))
    for name in asked:
        print(f"{name:8} {statistics.median(walls[name]):6.2f} s   {statistics.median(cpu[name]):6.2f} s CPU")
    slowest = max(statistics.median(seconds) for seconds in parts.values())
    told = ", ".join(f"{name} {statistics.median(seconds):.2f} s" for name, seconds in parts.items())
    print(f"its parts, side by side: {told}")
    print(f"triage / its slowest part: {statistics.median(walls['triage']) / slowest:.2f}")
    print(f"first line after {statistics.median(firsts):.2f} s")
    print(f"memory of all its processes: {peak_of_tree(asked['triage'], here) / 1e6:.0f} MB")


async def bench(rounds: int) -> None:
    """Open the shop, let customers in, measure."""

    def say(what: str) -> None:
        print(what, file=sys.stderr)

    with temporary_folder() as folder:
        async with open_shop(folder, say) as shop, customers(shop, say):
            await asyncio.to_thread(measure, "forge_doctor.demo.shop.api:app", shop.log, shop.dsn, rounds)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    asyncio.run(bench(parser.parse_args().rounds))
