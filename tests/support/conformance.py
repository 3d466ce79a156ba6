"""What every check of every slice owes its reader; each question returns what is missing."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from forge_doctor.check import Check, check_id, load

TESTS = Path(__file__).parent.parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """Where a slice keeps its checks, what their docstrings must have, whether a module holds a `Check`,
    and whether each has a test file of its own."""

    package: str
    sections: tuple[str, ...]
    holds_checks: bool = True
    own_tests: bool = True

    @property
    def tests(self) -> Path:
        """The folder that mirrors it below `tests/`."""
        return TESTS.joinpath(*self.package.split(".")[1:])

    def modules(self) -> tuple[ModuleType, ...]:
        """Its modules; none where the slice does not exist."""
        try:
            package = importlib.import_module(self.package)
        except ModuleNotFoundError as error:
            if error.name is None or not self.package.startswith(error.name):
                raise
            return ()
        return tuple(
            importlib.import_module(f"{self.package}.{one.name}") for one in pkgutil.iter_modules(package.__path__)
        )


FOLDERS = (
    Folder(package="forge_doctor.pool.checks", sections=("Why", "Measures", "Wrong when", "Source")),
    Folder(package="forge_doctor.lint.rules", sections=("Why", "Bad", "Good", "Source")),
    Folder(package="forge_doctor.slow.checks", sections=("Why", "Measures", "Wrong when", "Source")),
    Folder(
        package="forge_doctor.migrations.environment.checks", sections=("Why", "Bad", "Good", "Wrong when", "Source")
    ),
    Folder(package="forge_doctor.migrations.checks", sections=("Why", "Bad", "Good", "Source", "Wrong when")),
    Folder(package="forge_doctor.migrations.live.checks", sections=("Why", "Measures", "Wrong when", "Source")),
    # tests/migrations/drift and round_trip try all of them on a real server at once.
    Folder(
        package="forge_doctor.migrations.drift.checks",
        sections=("Why", "Measures", "Wrong when", "Source"),
        own_tests=False,
    ),
    Folder(
        package="forge_doctor.migrations.round_trip.checks",
        sections=("Why", "Measures", "Wrong when", "Source"),
        own_tests=False,
    ),
    Folder(
        package="forge_doctor.triage.causes",
        sections=("Why", "Confirms", "Contradicts", "Explains", "Wrong when", "Source"),
        holds_checks=False,
    ),
    # Data only: tests/logs/test_signatures.py asks all of them the same questions.
    Folder(
        package="forge_doctor.logs.signatures",
        sections=("Means", "Matches", "Ignores", "Source"),
        holds_checks=False,
        own_tests=False,
    ),
)

# The last word of a limit's name: what its number counts.
UNITS = frozenset({"s", "ms", "bytes", "ratio", "percent", "hour", "times"})
COUNTED = frozenset(
    {
        "blocks",
        "calls",
        "commits",
        "runs",
        "clients",
        "connections",
        "lines",
        "requests",
        "rows",
        "sessions",
        "statements",
        "tables",
        "transactions",
    }
)


def missing_sections(manual: str, sections: Iterable[str]) -> list[str]:
    """Sections that a docstring lacks or leaves empty; `Measures (s):` is the section Measures."""
    found = {
        part["name"]: part["body"]
        for part in re.finditer(
            r"^(?P<name>[A-Z]\w*(?: \w+)*)(?: \([^)\n]*\))?:(?P<body>(?:.*\n?)(?:[ \t]+.*\n?|\n)*)",
            manual,
            re.MULTILINE,
        )
    }
    return [name for name in sections if not found.get(name, "").strip()]


def summary_faults(manual: str) -> list[str]:
    """The first line is one sentence that `explain` can show in a table."""
    first, _, rest = manual.partition("\n")
    faults = [] if first.endswith(".") else [f"the first line ends without a full stop: {first!r}"]
    faults += [f"the first line has {len(first)} characters, 100 at most"] * (len(first) > 100)
    faults += ["a blank line must follow the first line"] * (rest[:1] not in ("", "\n"))
    return faults


def limits_without_unit(limits: Iterable[str]) -> list[str]:
    """Names of limits that do not end in a unit or in what they count."""
    return sorted(name for name in limits if name.split("_")[-1] not in UNITS | COUNTED)


def modules_without_one_check(modules: Iterable[ModuleType]) -> list[str]:
    """Modules that hold no check of their own, or several."""
    counts = {
        module.__name__: sum(
            isinstance(value, Check) and value.run.__module__ == module.__name__ for value in vars(module).values()
        )
        for module in modules
    }
    return sorted(name for name, count in counts.items() if count != 1)


def misnamed(checks: Mapping[str, Check[Any]]) -> list[str]:
    """Checks (by module) whose id is not the module's file name."""
    return sorted(name for name, check in checks.items() if check.id != name.rpartition(".")[2].replace("_", "-"))


def duplicates(ids: Iterable[str]) -> list[str]:
    """Ids that occur twice."""
    told = list(ids)
    return sorted({one for one in told if told.count(one) > 1})


def modules_without_test(folder: Path, modules: Iterable[str]) -> list[str]:
    """Modules without `test_<module>.py` in `folder`, or whose test file has no test in it."""
    missing = []
    for module in modules:
        test = folder / f"test_{module.rpartition('.')[2]}.py"
        if not (
            test.is_file() and re.search(r"^\s*(async )?def test_\w+", test.read_text(encoding="utf-8"), re.MULTILINE)
        ):
            missing.append(module)
    return missing


def failed_examples(modules: Iterable[ModuleType]) -> tuple[int, list[str]]:
    """How many `>>>` examples the docstrings have, and what those that fail printed."""
    attempted, failures = 0, []
    for module in modules:
        told: list[str] = []
        runner = doctest.DocTestRunner(verbose=False)
        for example in doctest.DocTestFinder(exclude_empty=True).find(module):
            # A run looks after every source file that was read so far, even where it has nothing to run.
            if example.examples:
                runner.run(example, out=told.append)
        attempted += runner.tries
        failures += ["".join(told)] * bool(runner.failures)
    return attempted, failures


def all_checks() -> Iterator[tuple[Folder, Check[Any]]]:
    """Every check of every slice that exists."""
    for folder in FOLDERS:
        if folder.holds_checks and folder.modules():
            for check in load(importlib.import_module(folder.package)):
                yield folder, check


def check_ids() -> list[str]:
    """The id of every check: they share one namespace."""
    return [check_id(module.__name__) for folder in FOLDERS if folder.holds_checks for module in folder.modules()]


def every_module(package: ModuleType, leave_out: str) -> Iterator[ModuleType]:
    """Every module of a package, but those whose name begins with `leave_out`."""
    for info in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        if not info.name.startswith(leave_out):
            yield importlib.import_module(info.name)
