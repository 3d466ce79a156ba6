"""How long an answer takes: `forge-doctor pool` beside psql, docker exec, check_postgres and the floors of Python.

Wall time from the start of the process to its end, commands interleaved, medians; a ratio is the median of the
ratios of each round, so that a busy machine slows both sides of it. Everything is local and removed afterwards.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent.parent))

from tests.support.postgres import DEBIAN_15, PostgresServer, postgres18_bin, run_postgres

QUERY = "select count(*) from pg_stat_activity"
PSQL, DOCKER_PSQL, POOL = "psql", "docker exec psql", "forge-doctor pool"

TYPER = "import typer; app = typer.Typer(); app.command()(lambda: None); app()"
TYPER_ASYNCPG = f"""
import typer
app = typer.Typer()
@app.command()
def count(dsn: str) -> None:
    import asyncio, asyncpg
    async def ask():
        connection = await asyncpg.connect(dsn)
        print(await connection.fetchval({QUERY!r}))
        await connection.close()
    asyncio.run(ask())
app()
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """Something to time; `accepted` are the exit codes of an answer."""

    name: str
    argv: tuple[str, ...]
    accepted: tuple[int, ...] = (0,)

    def time(self, environment: Mapping[str, str]) -> float:
        """Milliseconds from its start to its end; raises where it gave no answer."""
        start = time.perf_counter()
        done = subprocess.run(self.argv, env=environment, capture_output=True, stdin=subprocess.DEVNULL, check=False)
        taken = (time.perf_counter() - start) * 1000
        if done.returncode not in self.accepted:
            said = (done.stderr or done.stdout).decode(errors="replace").strip()
            raise SystemExit(f"{self.name} exits {done.returncode}: {said}")
        return taken


def commands(server: PostgresServer, container: str | None) -> tuple[Command, ...]:
    """What can be timed on this machine; what is missing is said on stderr."""
    dsn = server.dsn()
    program = next(path for path in (DEBIAN_15 / "psql", server.bin_dir / "psql") if path.exists())
    psql = (str(program), "-XAt", "-c", QUERY, dsn)
    told = [
        Command(name="python -c pass", argv=(sys.executable, "-c", "pass")),
        Command(name="typer alone", argv=(sys.executable, "-c", TYPER)),
        Command(name="typer + asyncpg + query", argv=(sys.executable, "-c", TYPER_ASYNCPG, dsn)),
        Command(name=PSQL, argv=psql),
    ]
    if container:
        told.append(Command(name=DOCKER_PSQL, argv=("docker", "exec", container, *psql)))
    if shutil.which("check_postgres"):
        where = (f"--host={server.host}", f"--port={server.port}", f"--dbuser={server.user}", "--dbname=postgres")
        # 0 to 2 are its verdicts.
        argv = ("check_postgres", "--action=backends", *where)
        told.append(Command(name="check_postgres backends", argv=argv, accepted=(0, 1, 2)))
    else:
        sys.stderr.write("check_postgres is not installed: left out\n")
    doctor = (sys.executable, "-m", "forge_doctor", "pool", "--fail-on", "never")
    # 3: some check could not look, as without any worker to be found here.
    told.append(Command(name=POOL, argv=(*doctor, "--dsn", dsn, "--workers", "2"), accepted=(0, 3)))
    told.append(
        Command(name=f"{POOL} --no-scan", argv=(*doctor, "--dsn", dsn, "--workers", "2", "--no-scan"), accepted=(0, 3))
    )
    return tuple(told)


@contextmanager
def container_with_psql(program: Path) -> Iterator[str | None]:
    """A container in the host's network that can run our psql; None where no Docker Engine answers."""
    if (
        shutil.which("docker") is None
        or subprocess.run(("docker", "info"), capture_output=True, check=False).returncode
    ):
        sys.stderr.write("no Docker Engine answers: docker exec is left out\n")
        yield None
        return
    name = f"forge-doctor-bench-{uuid.uuid4().hex[:8]}"
    image = f"{name}:empty"
    places = sorted({str(program.parents[1]), "/usr", "/lib", "/lib64"})
    mounts = [option for place in places if Path(place).exists() for option in ("-v", f"{place}:{place}:ro")]
    with tempfile.NamedTemporaryFile(suffix=".tar") as nothing:
        subprocess.run(("tar", "-cf", nothing.name, "-T", "/dev/null"), check=True)
        subprocess.run(("docker", "import", nothing.name, image), check=True, capture_output=True)
    try:
        run = ("docker", "run", "-d", "--rm", "--init", "--network", "host", "--name", name, *mounts, image)
        subprocess.run((*run, "/usr/bin/sleep", "3600"), check=True, capture_output=True)
        yield name
    finally:
        subprocess.run(("docker", "rm", "-f", name), check=False, capture_output=True)
        subprocess.run(("docker", "rmi", "-f", image), check=False, capture_output=True)


async def open_backends(server: PostgresServer, count: int) -> list[Any]:
    """`count` idle sessions."""
    gate = asyncio.Semaphore(20)

    async def open_one() -> Any:
        async with gate:
            return await server.connect(timeout=60, server_settings={"application_name": "shop"})

    return list(await asyncio.gather(*(open_one() for _ in range(count))))


async def measure(server: PostgresServer, container: str | None, backends: int, rounds: int) -> dict[str, list[float]]:
    """Milliseconds of each command in each round, beside so many backends; a first round is thrown away."""
    environment = {**os.environ, "PGPASSWORD": server.password, "COLUMNS": "100"}
    # Programs are timed as they are used: with their compiled modules kept.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    timed = commands(server, container)
    times: dict[str, list[float]] = {command.name: [] for command in timed}
    held = await open_backends(server, backends)
    try:
        for number in range(rounds + 1):
            for command in timed:
                taken = await asyncio.to_thread(command.time, environment)
                if number:
                    times[command.name].append(taken)
    finally:
        await asyncio.gather(*(connection.close() for connection in held))
    return times


def ratio(times: Mapping[str, list[float]], name: str, base: str) -> str:
    """The median of the rounds' ratios, `-` where the base was not timed."""
    if base not in times:
        return "-"
    return f"{statistics.median(a / b for a, b in zip(times[name], times[base], strict=True)):.2f}"


def table(times: Mapping[str, list[float]], backends: int) -> str:
    """The figures of one size."""
    head = f"{backends} backends"
    lines = [f"{head:28}{'median ms':>11}{'fastest':>9}{'x psql':>9}{'x docker exec':>15}"]
    for name, taken in times.items():
        figures = f"{statistics.median(taken):11.0f}{min(taken):9.0f}"
        lines.append(f"{name:28}{figures}{ratio(times, name, PSQL):>9}{ratio(times, name, DOCKER_PSQL):>15}")
    return "\n".join(lines)


def main() -> None:
    """Time everything at each size and print a table for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--backends", type=int, nargs="+", default=[20, 1000])
    chosen = parser.parse_args()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    settings = {"max_connections": str(max(chosen.backends) + 50)}
    with run_postgres(postgres18_bin(), settings) as server:
        program = next(path for path in (DEBIAN_15 / "psql", server.bin_dir / "psql") if path.exists())
        with container_with_psql(program) as container:
            print(f"{chosen.rounds} rounds, PostgreSQL {server.version}, Python {sys.version.split()[0]}")
            for backends in chosen.backends:
                times = asyncio.run(measure(server, container, backends, chosen.rounds))
                print(f"\n{table(times, backends)}", flush=True)


if __name__ == "__main__":
    main()
