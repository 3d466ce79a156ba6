"""What an installation takes and what a start costs, beside ruff and pg_activity: each in an environment of its own.

    python -m tests.benchmarks.footprint [--rounds 8]

Prints packages and MB (what pip installs: libraries and programs, without pip itself), and the processor time of `--version`
as a multiple of `python -c pass` in the same run: the least of the rounds, one of each in turn.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LINT = ("typer>=0.27,<0.29", "tree-sitter", "tree-sitter-python")
# name -> the calls of pip, the program whose start is timed
PEERS = {
    "forge-doctor": (((str(ROOT),),), "forge-doctor"),
    "forge-doctor, lint alone": ((("--no-deps", str(ROOT)), LINT), "forge-doctor"),
    "ruff": ((("ruff",),), "ruff"),
    "pg_activity": ((("pg_activity", "psycopg[binary]"),), "pg_activity"),
}


def install(folder: Path, calls: tuple[tuple[str, ...], ...]) -> None:
    """An environment with what these calls of pip install."""
    subprocess.run((sys.executable, "-m", "venv", folder), check=True)
    for given in calls:
        subprocess.run((folder / "bin/python", "-m", "pip", "install", "--quiet", *given), check=True)


def size(folder: Path) -> tuple[int, float]:
    """(packages, MB) of an environment."""
    (libraries,) = folder.glob("lib/python*/site-packages")
    own = [one for one in libraries.iterdir() if one.name != "pip" and not one.name.startswith("pip-")]
    files = [
        file for one in (*own, *(folder / "bin").iterdir()) for file in (one.rglob("*") if one.is_dir() else (one,))
    ]
    number = sum(one.name.endswith(".dist-info") for one in own)
    return number, sum(one.stat().st_size for one in files if one.is_file() and not one.is_symlink()) / 1e6


def processor_s(line: tuple[str, ...]) -> float:
    """What a program and its children take of the processor."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(line, stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=8)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as within:
        folders = {name: Path(within) / str(at) for at, name in enumerate(PEERS)}
        for name, (calls, _) in PEERS.items():
            install(folders[name], calls)
        lines = {name: (str(folders[name] / "bin" / program), "--version") for name, (_, program) in PEERS.items()}
        lines["python -c pass"] = (str(next(iter(folders.values())) / "bin/python"), "-c", "pass")
        taken = [{name: processor_s(line) for name, line in lines.items()} for _ in range(rounds)]
        base = min(one["python -c pass"] for one in taken)
        for name, folder in folders.items():
            packages, megabytes = size(folder)
            start = min(one[name] for one in taken) / base
            print(f"{name}: {packages} packages, {megabytes:.0f} MB; --version {start:.1f} x python -c pass")


if __name__ == "__main__":
    main()
