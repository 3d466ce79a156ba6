"""Times `forge-doctor logs` beside grep, ripgrep, lnav, Drain3 and `docker logs`, on generated logs with a known truth.

    python tests/benchmarks/logs_bench.py                      1 GB at each density (about 25 minutes, 4 GB of disk)
    python tests/benchmarks/logs_bench.py --megabytes 100 --rounds 3 --density 0.01

Rounds are interleaved, so that the machine's moods fall on all alike; ratios are medians of CPU time over that of
`grep -c greenlet_spawn`, and the memory is the highest of any process. Fails where our counts are not the truth.
A peer that is not installed is named, and one that takes longer than --limit is ended and its row says so. It needs
grep, and for the peers ripgrep and lnav (Debian), drain3 (PyPI), busybox and a Docker Engine.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.benchmarks.process_cost import run  # noqa: E402
from tests.support.log_generator import Truth, write_log  # noqa: E402

DENSITIES = (0.0001, 0.01, 0.2)
CARRIERS = (
    ("lines behind a prefix that is learned", "2026-11-22 {clock} shop-7f9c web ", ""),
    ("JSON, one record a line", '{{"timestamp": "2026-11-22T{clock}.000Z", "stream": "stderr", "message": "', '"}'),
)
DRAIN3_BYTES = 50_000_000
DRAIN3 = """
import sys
from drain3 import TemplateMiner
miner = TemplateMiner()
for line in open(sys.argv[1], errors="replace"):
    miner.add_log_message(line.rstrip())
print(len(miner.drain.clusters))
"""


@dataclass(slots=True)
class Contender:
    """A command and what it cost; `scale` says how much smaller its input is than grep's."""

    name: str
    command: Sequence[str]
    note: str = ""
    scale: float = 1.0
    rounds: int | None = None
    cpu_s: list[float] = field(default_factory=list)
    wall_s: list[float] = field(default_factory=list)
    rss_bytes: int = 0
    output: bytes = b""
    given_up: bool = False

    def run(self, limit_s: float) -> None:
        """Once more, with its output kept; not again where it takes too long."""
        try:
            # 1: of ours, that there are findings; of grep, that there are none.
            cost = run(self.command, ROOT, accepted=(0, 1), limit_s=limit_s)
        except subprocess.TimeoutExpired:
            self.given_up = True
            return
        self.wall_s.append(cost.wall_s * self.scale)
        self.cpu_s.append(cost.cpu_s * self.scale)
        self.rss_bytes = max(self.rss_bytes, cost.peak_bytes)
        self.output = cost.output


def ours(*arguments: str) -> list[str]:
    """Our command line, all of the report as JSON."""
    return [sys.executable, "-m", "forge_doctor", "logs", *arguments, "-f", "json", "--min-confidence", "low"]


def contenders(log: Path, part: Path, engines: Sequence[str], *, peers: bool) -> list[Contender]:
    """grep first: it is the measure."""
    found = [
        Contender("grep -c", ["grep", "-c", "greenlet_spawn", str(log)], "counts lines, wrongly"),
        Contender("forge-doctor logs", ours(str(log), "--jobs", "1")),
    ]
    found += [Contender(f"forge-doctor logs --engine {name}", ours(str(log), "--engine", name)) for name in engines]
    if peers and installed("rg", "ripgrep"):
        found.append(Contender("rg -c", ["rg", "-c", "greenlet_spawn", str(log)], "counts lines, wrongly"))
    if peers and installed("lnav", "lnav"):
        command = ["lnav", "-n", "-c", ":filter-in greenlet_spawn", str(log)]
        found.append(Contender("lnav -n", command, "shows the lines; one round", rounds=1))
    if peers and (importlib.util.find_spec("drain3") or unmeasured("Drain3", "pip install drain3")):
        note = f"a template for each line; on {part.stat().st_size / 1e6:.0f} MB, scaled; one round"
        scale = log.stat().st_size / part.stat().st_size
        found.append(Contender("Drain3", [sys.executable, "-c", DRAIN3, str(part)], note, scale, rounds=1))
    return found


def installed(program: str, package: str) -> bool:
    """Whether a peer is there; says so where not."""
    return shutil.which(program) is not None or unmeasured(program, f"apt-get install {package}")


def unmeasured(name: str, mend: str) -> bool:
    """Say that a peer is left out, and why."""
    print(f"NOT MEASURED: {name} is not installed ({mend})")
    return False


def interleave(entries: Sequence[Contender], rounds: int, limit_s: float) -> None:
    """One of each, and again; before that once for nothing, so that all modules are compiled and all files cached."""
    for entry in (entry for entry in entries if entry.rounds is None):
        entry.run(limit_s)
        entry.cpu_s.clear()
        entry.wall_s.clear()
    for number in range(rounds):
        for entry in entries:
            if number < (entry.rounds or rounds) and not entry.given_up:
                entry.run(limit_s)


def wrong(entry: Contender, truth: Truth) -> str:
    """What our report says otherwise than the generator; empty where nothing."""
    data = json.loads(entry.output)
    report = data["reports"][0] if "reports" in data else data
    problems = find(report, "problems") + find(report, "other_errors")
    said: dict[tuple[str, str, int], int] = {}
    for problem in problems:
        place = problem["culprit"] or {"file": "", "line": 0}
        known = problem["signature"] if "-" in problem["signature"] else ""
        said[(known, place["file"], place["line"])] = problem["count"]
    expected = {key: seen.count for key, seen in truth.problems.items()}
    return (
        ""
        if said == expected
        else f"{len(expected)} problems expected, said otherwise: {said.items() ^ expected.items()}"
    )


def find(value: object, key: str) -> list[dict[str, Any]]:
    """The list under `key`, wherever the report's JSON has it."""
    if isinstance(value, dict):
        if isinstance(value.get(key), list):
            return list(value[key])
        value = list(value.values())
    return next((found for one in value if (found := find(one, key))), []) if isinstance(value, list) else []


def table(title: str, entries: Sequence[Contender], size: int, limit_s: float) -> str:
    """Ratios to the first entry, as Markdown."""
    base = statistics.median(entries[0].cpu_s)
    rows = [
        f"\n### {title}\n",
        "| tool | CPU, grep = 1 | CPU s | MB/s by wall | peak RSS MB | |",
        "|---|---|---|---|---|---|",
    ]
    for entry in entries:
        if not entry.cpu_s:
            rows.append(f"| {entry.name} | given up | | | | {entry.note}; over the limit of {limit_s:.0f} s |")
            continue
        cpu, wall = statistics.median(entry.cpu_s), statistics.median(entry.wall_s)
        rate, rss = size / 1e6 / wall, entry.rss_bytes / 1e6
        rows.append(f"| {entry.name} | {cpu / base:.2f} | {cpu:.2f} | {rate:,.0f} | {rss:.0f} | {entry.note} |")
    return "\n".join(rows)


@contextlib.contextmanager
def container_with(log: Path) -> Iterator[str]:
    """A container that has printed the log, with the driver json-file and its parts kept whole."""
    import docker

    from tests.support.docker_engine import imported_image, running_containers

    with (
        contextlib.closing(docker.from_env(timeout=600)) as client,
        imported_image(client, Path(str(shutil.which("busybox")))) as image,
        running_containers(client) as start,
    ):
        mounts = {str(log): {"bind": "/log", "mode": "ro"}}
        container = start(image, ["/bin/cat", "/log"], network_mode="none", volumes=mounts)
        container.wait(timeout=1200)
        yield container.name


def main() -> int:
    """Generate, run, print; 1 where a count of ours is wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--density", type=float, action="append", help="share of lines that are trouble; repeatable")
    parser.add_argument("--varied", action="store_true", help="each exception has words of its own")
    parser.add_argument("--engine", action="append", default=[], help="time this engine too; repeatable")
    parser.add_argument("--no-peers", action="store_true", help="only grep and ours")
    parser.add_argument("--no-carriers", action="store_true", help="only the log as its program wrote it")
    parser.add_argument("--docker-megabytes", type=int, help="size of the container's log, if another; 0 for none")
    parser.add_argument("--limit", type=float, default=300.0, help="seconds that one run of anything may take")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()))
    chosen = parser.parse_args()
    failed = 0
    for density in chosen.density or DENSITIES:
        with tempfile.TemporaryDirectory(dir=chosen.folder) as folder:
            failed += bench(Path(folder), density, chosen)
    return 1 if failed else 0


def bench(folder: Path, density: float, chosen: argparse.Namespace) -> int:
    """One density; the number of our runs whose counts are wrong."""
    log, part = folder / "app.log", folder / "part.log"
    truth = write_log(log, chosen.megabytes * 1_000_000, density, varied=chosen.varied)
    with log.open("rb") as file:
        part.write_bytes(file.read(min(DRAIN3_BYTES, truth.size)))
    entries = contenders(log, part, chosen.engine, peers=not chosen.no_peers)
    interleave(entries, chosen.rounds, chosen.limit)
    events = sum(seen.count for seen in truth.problems.values())
    print(
        table(
            f"{truth.size / 1e6:,.0f} MB, {density:.2%} of {truth.lines:,} lines are trouble: {events:,} events"
            + ", each with words of its own" * chosen.varied,
            entries,
            truth.size,
            chosen.limit,
        )
    )
    problems = [
        problem
        for entry in entries
        if entry.name.startswith("forge") and entry.cpu_s and (problem := wrong(entry, truth))
    ]
    for problem in problems:
        print("WRONG:", problem[:2000])
    wrong_behind = 0 if chosen.no_carriers else bench_carriers(log, truth, density, chosen)
    if chosen.docker_megabytes != 0:
        bench_docker(folder / "container.log", density, chosen)
    return len(problems) + wrong_behind


def bench_carriers(log: Path, truth: Truth, density: float, chosen: argparse.Namespace) -> int:
    """The same log behind a prefix that has to be learned, and one JSON record a line; how many counts are wrong."""
    failed = 0
    for kind, prefix, suffix in CARRIERS:
        wrapped = log.with_suffix(".wrapped")
        wrap(log, wrapped, prefix, suffix)
        size = wrapped.stat().st_size
        entries = contenders(wrapped, wrapped, (), peers=False)
        interleave(entries, chosen.rounds, chosen.limit)
        print(
            table(
                f"{size / 1e6:,.0f} MB of {kind}, {density:.2%} of the lines are trouble", entries, size, chosen.limit
            )
        )
        problems = [found for entry in entries[1:] if entry.cpu_s and (found := wrong(entry, truth))]
        for problem in problems:
            print("WRONG:", problem[:2000])
        failed += len(problems)
        wrapped.unlink()
    return failed


def wrap(log: Path, wrapped: Path, prefix: str, suffix: str) -> None:
    """Write each line of a log as a carrier does, a hundred to the second."""
    with log.open("rb") as lines, wrapped.open("wb", 1 << 20) as out:
        for number, line in enumerate(lines):
            text = json.dumps(line.decode().rstrip("\n"))[1:-1] if suffix else line.decode().rstrip("\n")
            second = number // 100
            clock = f"{second // 3600 % 24:02}:{second // 60 % 60:02}:{second % 60:02}"
            out.write(f"{prefix.format(clock=clock)}{text}{suffix}\n".encode())


def bench_docker(log: Path, density: float, chosen: argparse.Namespace) -> None:
    """The same log as a container's: the first is what people type."""
    size = (chosen.docker_megabytes or chosen.megabytes) * 1_000_000
    truth = write_log(log, size, density, varied=chosen.varied)
    with container_with(log) as name:
        pipe = f"docker logs {name} 2>&1 | grep -c greenlet_spawn"
        entries = [
            Contender("docker logs \\| grep -c", ["sh", "-c", pipe], "the daemon's CPU comes on top", rounds=1),
            Contender("docker logs > /dev/null", ["sh", "-c", f"docker logs {name} > /dev/null 2>&1"], rounds=1),
            Contender("forge-doctor logs CONTAINER", ours(name)),
        ]
        interleave(entries, chosen.rounds, chosen.limit)
    rows = [
        f"\n### the same from a container, {truth.size / 1e6:,.0f} MB of messages\n",
        "| tool | wall s | times faster |",
        "|---|---|---|",
    ]
    base = entries[0].wall_s[0] if entries[0].wall_s else chosen.limit
    for one in entries:
        wall = statistics.median(one.wall_s) if one.wall_s else None
        told = f"{wall:.2f} | {base / wall:.1f}" if wall else f"given up after {chosen.limit:.0f} |"
        rows.append(f"| {one.name} | {told} |")
    print("\n".join(rows))
    if entries[-1].wall_s and (problem := wrong(entries[-1], truth)):
        print("WRONG:", problem[:2000])


if __name__ == "__main__":
    sys.exit(main())
