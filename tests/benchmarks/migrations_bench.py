"""How long `forge-doctor migrations` takes on a tree beside `alembic heads`, which imports it, and squawk on its SQL.

    python -m tests.benchmarks.migrations_bench [--revisions 264] [--rounds 5] [TREE ...]

A tree of so many revisions is generated (tables, columns, indexes, keys, raw SQL, batches, helpers), or those named are
taken: folders with an alembic.ini. Wall time of whole processes, rounds interleaved, medians after a warm-up; a ratio is the
median of the ratios of each round. Without --no-cache the answer is the one kept by the warm-up, as long as no file is
different. What a peer cannot do is told: `alembic heads` needs the application installed, squawk
the SQL of `alembic upgrade head --sql`.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent.parent))

from tests.support.migration_trees import INI, revision, write

ENV = """\
from alembic import context

if context.is_offline_mode():
    context.configure(dialect_name="postgresql", literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()
"""
KINDS = (
    ('op.create_table("t{n}", sa.Column("id", sa.Integer, primary_key=True), sa.Column("a", sa.String(20)))', 'op.drop_table("t{n}")'),
    ('op.add_column("t{t}", sa.Column("c{n}", sa.Integer, server_default="0", nullable=False))', 'op.drop_column("t{t}", "c{n}")'),
    ('op.create_index("ix_{n}", "t{t}", ["a"])', 'op.drop_index("ix_{n}", "t{t}")'),
    ('op.execute("ALTER TABLE t{t} ADD COLUMN d{n} text")', 'op.execute("ALTER TABLE t{t} DROP COLUMN d{n}")'),
    ('op.alter_column("t{t}", "a", type_=sa.String({length}))', 'op.alter_column("t{t}", "a", type_=sa.String(20))'),
    ('op.execute("UPDATE t{t} SET a = \'x\' WHERE a IS NULL")', "pass"),
    ('op.create_check_constraint("ck_{n}", "t{t}", "id > 0")', 'op.drop_constraint("ck_{n}", "t{t}")'),
)  # fmt: skip


def generated(folder: Path, count: int) -> Path:
    """A tree of so many revisions in a row."""
    files = {"alembic.ini": INI, "migrations/env.py": ENV, "migrations/script.py.mako": ""}
    last = None
    for n in range(count):
        up, down = KINDS[n % len(KINDS)]
        values = {"n": n, "t": n - n % len(KINDS), "length": 21 + n}
        files[f"migrations/versions/r{n:04}.py"] = revision(
            f"r{n:04}", last, up.format(**values), down.format(**values)
        )
        last = f"r{n:04}"
    return write(folder, files)


def commands(tree: Path) -> dict[str, tuple[str, ...]]:
    """The contenders that can run here."""
    doctor = (
        sys.executable,
        "-m",
        "forge_doctor",
        "migrations",
        "--no-live",
        "--all",
        "--fail-on",
        "never",
        "-f",
        "json",
    )
    found = {
        "forge-doctor migrations": (*doctor, str(tree / "alembic.ini")),
        "  with --no-cache": (*doctor, "--no-cache", str(tree / "alembic.ini")),
    }
    if importlib.util.find_spec("alembic"):
        found["alembic heads"] = (sys.executable, "-m", "alembic", "heads")
    squawk = shutil.which("squawk", path=str(Path(sys.executable).parent)) or shutil.which("squawk")
    sql = sql_of(tree)
    if squawk and sql is not None:
        found["squawk, the SQL made before"] = (squawk, str(sql))
    return found


def sql_of(tree: Path) -> Path | None:
    """What squawk can read, beside the tree; None where `--sql` cannot make it."""
    line = (sys.executable, "-m", "alembic", "upgrade", "head", "--sql")
    done = subprocess.run(line, cwd=tree, capture_output=True, text=True, check=False)
    if done.returncode:
        return None
    path = tree / "upgrade.sql"
    path.write_text(done.stdout, encoding="utf-8")
    return path


def measure(tree: Path, rounds: int) -> dict[str, list[float]]:
    """Seconds of each command in each round; a first round warms up, and what fails is left out."""
    found = commands(tree)
    # Both are installed programs, whose compiled modules are there.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    times: dict[str, list[float]] = {name: [] for name in found}
    for at in range(rounds + 1):
        for name, line in found.items():
            start = time.perf_counter()
            done = subprocess.run(
                line, cwd=tree, env=environment, capture_output=True, stdin=subprocess.DEVNULL, check=False
            )
            took = time.perf_counter() - start
            if name != "squawk, the SQL made before" and done.returncode:
                print(
                    f"  {name}: NOT MEASURED, exit {done.returncode}: {done.stderr.decode(errors='replace')[-120:].strip()}"
                )
                times[name] = []
                continue
            if at:
                times[name].append(took)
    return {name: taken for name, taken in times.items() if taken}


def show(tree: Path, times: dict[str, list[float]]) -> None:
    """A line a contender; heads = 1 where it ran."""
    base = times.get("alembic heads") or times["forge-doctor migrations"]
    print(f"{tree.name}: {len(list(tree.rglob('versions/**/*.py')))} files of revisions")
    for name, taken in times.items():
        ratio = statistics.median(one / other for one, other in zip(taken, base, strict=False))
        print(f"  {name:<30} {statistics.median(taken):6.2f} s   x {ratio:.2f}")


def main() -> None:
    """Print the times of each tree."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("trees", nargs="*", type=Path)
    parser.add_argument("--revisions", type=int, nargs="*", default=[264, 500])
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        trees = given.trees or [generated(Path(name) / f"generated-{count}", count) for count in given.revisions]
        for tree in trees:
            show(tree, measure(tree, given.rounds))


if __name__ == "__main__":
    main()
