"""How fast `forge-doctor lint` is beside ruff and the type checkers: on a whole tree and on one file, ruff = 1.

    python -m tests.benchmarks.lint_bench FOLDER_OF_CODE_BASES [--lines 190000] [--rounds 5] [--slow-rounds 1]

The tree is chosen from FOLDER: code bases that mention AsyncSession, the largest first that still fit. It is copied,
with an empty pyproject.toml where there is one, without what this Python cannot parse and without folders that cannot
be packages: mypy stops at either. Rounds are interleaved and the minimum counts; memory is that of all processes
together, sampled in a run of its own. The type checkers have the usual dependencies installed. Peers that are not
installed are named as not measured.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.benchmarks.code_bases import arguments_parser, code_bases, parsed, python_files
from tests.benchmarks.process_cost import Cost, peak_of_tree, run
from tests.benchmarks.type_checkers import PYTHON_VERSION, installed, python_with_dependencies

MARK = b"AsyncSession"
TOLERANCE = 1.03


@dataclass(slots=True)
class Contender:
    """A command, the exit codes that are answers, and what it cost."""

    name: str
    command: Sequence[str]
    accepted: tuple[int, ...] = (0, 1)
    slow: bool = False
    costs: list[Cost] = field(default_factory=list)
    sampled_bytes: int = 0

    @property
    def peak_bytes(self) -> int:
        """Of all processes together; samples may miss a short run, whose largest process the kernel remembers."""
        return max(self.sampled_bytes, *(one.peak_bytes for one in self.costs))

    @property
    def wall_s(self) -> float:
        """Of the fastest round."""
        return min(one.wall_s for one in self.costs)

    @property
    def cpu_s(self) -> float:
        """Of the cheapest round."""
        return min(one.cpu_s for one in self.costs)


def main(arguments: list[str] | None = None) -> int:
    """Choose, time, print."""
    parser = arguments_parser(__doc__)
    parser.add_argument("--lines", type=int, default=190_000, help="size of the tree")
    parser.add_argument("--file-lines", type=int, default=300, help="size of the one file")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--slow-rounds", type=int, default=1, help="rounds of pyright and of mypy without its cache")
    parser.add_argument("--no-peers", action="store_true", help="only ruff and ours")
    parser.add_argument("--peers-python", type=Path, help="a Python that has the dependencies of the code bases")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="forge-doctor-bench-") as folder:
        tree, cache = Path(folder) / "tree", Path(folder) / "cache"
        chosen = choose(code_bases(options.folder), options.lines)
        if not chosen:
            parser.error(f"{options.folder} has no code base that mentions AsyncSession and fits {options.lines} lines")
        files = [copied for root in chosen.values() for copied in copy_code_base(root, tree)]
        print(f"chosen: {', '.join(f'{name} ({lines:,} lines)' for name, lines in describe(tree).items())}")
        one = file_of(files, options.file_lines)
        for title, paths in (
            (f"the tree: {count(files):,} lines in {len(files):,} files", [Path()]),
            (f"one file: {count([one])} lines ({one.relative_to(tree)})", [one.relative_to(tree)]),
        ):
            entries = list(contenders(paths, cache, options))
            measure(entries, tree, cache, options)
            print(table(title, entries), flush=True)
    return 0


# -- what to lint


def choose(roots: dict[str, Path], lines: int) -> dict[str, Path]:
    """The largest first that still fit into so many lines."""
    sizes = {name: count(files) for name, root in roots.items() if mentions(files := python_files(root))}
    chosen: dict[str, Path] = {}
    total = 0
    for name in sorted(sizes, key=lambda one: (-sizes[one], one)):
        if total + sizes[name] <= lines * TOLERANCE:
            chosen[name], total = roots[name], total + sizes[name]
    return chosen


def mentions(files: Sequence[Path]) -> bool:
    """Whether any file has asyncio's sessions."""
    return any(MARK in path.read_bytes() for path in files)


def count(files: Sequence[Path]) -> int:
    """Lines of all files."""
    return sum(len(path.read_bytes().splitlines()) for path in files)


def copy_code_base(root: Path, tree: Path) -> Iterator[Path]:
    """Copy it under a name that can be a package's; yields what was copied."""
    here = tree / "".join(letter if letter.isalnum() else "_" for letter in f"at_{root.name}")
    for path in python_files(root):
        relative = path.relative_to(root)
        if all(part.isidentifier() for part in relative.with_suffix("").parts) and parsed(path.read_bytes()):
            target = here / relative
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
            yield target
    for path in root.rglob("pyproject.toml"):
        target = here / path.relative_to(root)
        if target.parent.is_dir():
            target.touch()


def describe(tree: Path) -> dict[str, int]:
    """The lines of each code base copied."""
    return {one.name.removeprefix("at_"): count(python_files(one)) for one in sorted(tree.iterdir())}


def file_of(files: Sequence[Path], lines: int) -> Path:
    """The file with async sessions whose length is nearest."""
    marked = [path for path in files if MARK in path.read_bytes()]
    return min(marked, key=lambda path: (abs(count([path]) - lines), path))


# -- what to run


def contenders(paths: Sequence[Path], cache: Path, options: argparse.Namespace) -> Iterator[Contender]:
    """ruff first: it is the measure."""
    targets = [str(path) for path in paths]
    ruff = required("ruff")
    rules = ("--select", "ASYNC,RUF,B")
    yield Contender("ruff --no-cache", [ruff, "check", "--no-cache", "--isolated", *rules, "--quiet", *targets])
    ours = [sys.executable, "-m", "forge_doctor", "lint", "--fail-on", "never", "-f", "concise"]
    # 3: a file could not be looked at.
    yield Contender("forge-doctor --no-cache", [*ours, "--no-cache", *targets], (0, 3))
    yield Contender("forge-doctor --no-cache --jobs 1", [*ours, "--no-cache", "--jobs", "1", *targets], (0, 3))
    yield Contender("forge-doctor, warm", [*ours, *targets], (0, 3))
    if not options.no_peers:
        yield from peers(targets, cache, options.peers_python or python_with_dependencies())


def peers(targets: Sequence[str], cache: Path, python: Path) -> Iterator[Contender]:
    """The type checkers that are installed."""
    if ty := found("ty"):
        version = ("--python", str(python), "--python-version", PYTHON_VERSION)
        yield Contender("ty", [ty, "check", *version, "--output-format", "concise", *targets])
    if pyrefly := found("pyrefly"):
        version = ("--python-interpreter-path", str(python), "--python-version", PYTHON_VERSION)
        yield Contender("pyrefly", [pyrefly, "check", *version, "--output-format", "min-text", *targets])
    if mypy := found("mypy"):
        bases = ("--namespace-packages", "--explicit-package-bases", "--ignore-missing-imports")
        command = [mypy, "--config-file=", "--python-executable", str(python), *bases]
        yield Contender("mypy, cold", [*command, "--cache-dir", os.devnull, *targets], slow=True)
        yield Contender("mypy, warm", [*command, "--cache-dir", str(cache / "mypy"), *targets])
    if pyright := found("pyright"):
        yield Contender("pyright", [pyright, "--pythonpath", str(python), *targets], slow=True)


def found(name: str) -> str | None:
    """The program; says so where there is none."""
    command = installed(name)
    if command is None:
        print(f"{name} is not installed: not measured")
    return command


def required(name: str) -> str:
    """The program that the others are measured by."""
    command = installed(name)
    if command is None:
        raise SystemExit(f"{name} is needed to measure by: pip install {name}")
    return command


def measure(entries: Sequence[Contender], tree: Path, cache: Path, options: argparse.Namespace) -> None:
    """One of each, and again; before that once for memory, which also fills what a warm run reads."""
    environment = {**os.environ, "XDG_CACHE_HOME": str(cache), "MYPYPATH": "."}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    for entry in entries:
        entry.sampled_bytes = peak_of_tree(entry.command, tree, environment=environment)
    for number in range(max(options.rounds, options.slow_rounds)):
        for entry in entries:
            if number < (options.slow_rounds if entry.slow else options.rounds):
                entry.costs.append(run(entry.command, tree, accepted=entry.accepted, environment=environment))


def table(title: str, entries: Sequence[Contender]) -> str:
    """Ratios to ruff and to ty, as Markdown; those of CPU seconds hold on a busy machine as well."""
    base, ty = entries[0], next((one for one in entries if one.name == "ty"), None)
    rows = [
        f"\n### {title}\n",
        "| tool | x ruff, wall | x ruff, CPU | x ty, CPU | wall s | CPU s | peak MB, all processes | rounds |",
        "|---|---|---|---|---|---|---|---|",
    ]
    rows += [
        f"| {one.name} | {one.wall_s / base.wall_s:.1f} | {one.cpu_s / base.cpu_s:.1f} "
        f"| {'not measured' if ty is None else format(one.cpu_s / ty.cpu_s, '.2f')} | {one.wall_s:.2f} "
        f"| {one.cpu_s:.2f} | {one.peak_bytes / 1e6:.0f} | {len(one.costs)} |"
        for one in entries
    ]
    return "\n".join(rows)


if __name__ == "__main__":
    sys.exit(main())
