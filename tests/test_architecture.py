"""The arrows of the house: who may import whom, what only the edge does, and what a quick command must not load."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

import forge_doctor
from forge_doctor.check import load
from forge_doctor.lint import rules
from tests.support.architecture import (
    HEAVY,
    Module,
    acts_of_the_edge,
    broad_handlers,
    broken_arrows,
    broken_stages,
    cycles,
    drawers,
    eager_imports,
    faults_named_in_code,
    misplaced_drivers,
    read_package,
    unknown_folders,
)


@cache
def package() -> tuple[Module, ...]:
    """Ours: read where a test asks, not by every process that collects the tests."""
    return read_package(Path(forge_doctor.__file__).parent)


def tree(**sources: str) -> tuple[Module, ...]:
    """Modules from sources: `pool__run` is forge_doctor.pool.run."""
    return tuple(
        Module(
            name="forge_doctor." + name.replace("__", "."), tree=ast.parse(source), is_package=name.endswith("_init")
        )
        for name, source in sources.items()
    )


def test_every_module_is_read() -> None:
    names = {module.name for module in package()}
    assert {"forge_doctor", "forge_doctor.check", "forge_doctor.cli", "forge_doctor.cli.explain"} <= names


@pytest.mark.parametrize(
    "rule",
    [
        broken_arrows,
        broken_stages,
        unknown_folders,
        drawers,
        cycles,
        misplaced_drivers,
        eager_imports,
        acts_of_the_edge,
    ],
)
def test_the_package_keeps_the_rule(rule: Callable[[tuple[Module, ...]], list[str]]) -> None:
    assert rule(package()) == []


def test_what_source_says_names_no_fault() -> None:
    faults = frozenset(rule.id for rule in load(rules))
    assert faults_named_in_code(package(), faults) == []
    named = tree(code__semantics__project="if found == 'lazy-load-in-async':\n    pass")
    assert faults_named_in_code(named, faults) == ["forge_doctor.code.semantics.project:1: names lazy-load-in-async"]


def test_only_running_a_check_and_ending_a_run_may_catch_everything() -> None:
    assert {place.partition(":")[0] for place in broad_handlers(package())} == {
        "forge_doctor.cli.ending",
        "forge_doctor.report",
    }
    assert len(broad_handlers(package())) == 2


@pytest.mark.parametrize(
    ("sources", "told"),
    [
        ({"render__text": "from forge_doctor.pool.run import x"}, "render imports pool"),
        ({"pool__run": "import forge_doctor.lint.judge"}, "pool imports lint"),
        ({"check": "from forge_doctor import probes", "probes": ""}, "kernel imports probes"),
        ({"probes__postgres": "def f():\n    from forge_doctor.pool import x"}, "probes imports pool"),
        ({"pool__run": "from ..cli import output"}, "pool imports cli"),
        ({"pool__run": "if TYPE_CHECKING:\n    from forge_doctor.render import text"}, "pool imports render"),
        ({"triage__run": "from forge_doctor.demo import faults"}, "triage imports demo"),
        ({"code__syntax__source": "from forge_doctor.lint.run import x"}, "code imports lint"),
        ({"probes__git": "from forge_doctor.code.files import walk"}, "probes imports code"),
        ({"sql__masking": "from forge_doctor.pool import snapshot"}, "sql imports pool"),
    ],
)
def test_an_import_against_the_arrows_is_seen(sources: dict[str, str], told: str) -> None:
    (broken,) = broken_arrows(tree(**sources))
    assert told in broken


def test_imports_along_the_arrows_are_allowed() -> None:
    sources = {
        "cli__pool": "from forge_doctor.pool import run\nfrom forge_doctor.render import render\nimport forge_doctor.demo",
        "triage__run": "from forge_doctor.pool import run\nfrom forge_doctor.lint import run",
        "pool__run": "from forge_doctor.probes import postgres\nfrom forge_doctor import check\nfrom . import collect",
        "render__text": "from forge_doctor.finding import Finding\nfrom forge_doctor import __version__",
    }
    assert broken_arrows(tree(**sources)) == []


@pytest.mark.parametrize(
    ("sources", "told"),
    [
        ({"code__syntax__source": "from forge_doctor.code.semantics.project import Project"}, "semantics.project"),
        ({"code__semantics__names__scopes": "import forge_doctor.code.semantics.inference.calls"}, "inference.calls"),
        ({"logs__scan__window": "def f():\n    from forge_doctor.logs.records import block"}, "logs.records"),
        ({"logs__records__block": "from forge_doctor.logs.collect import x"}, "logs.collect"),
        ({"lint__dataflow__use_def": "from forge_doctor.lint.dataflow.objects import loaded"}, "dataflow.objects"),
        ({"lint__fixes__apply_edits": "from forge_doctor.lint.request import Request"}, "lint.request"),
    ],
)
def test_a_stage_that_uses_one_before_it_is_seen(sources: dict[str, str], told: str) -> None:
    (broken,) = broken_stages(tree(**sources))
    assert told in broken


def test_a_stage_may_use_itself_and_those_behind_it() -> None:
    sources = {
        "logs__run": "from forge_doctor.logs.problems import problem",
        "logs__problems__tally": "from forge_doctor.logs.records import block\nfrom forge_doctor.logs.problems import x",
        "logs__signatures": "",
        "logs__signature": "def f():\n    from forge_doctor.logs import signatures",
        "logs__signatures__deadlock": "from forge_doctor.logs.signature import Signature",
        "code__semantics__project": "from forge_doctor.code.semantics.inference import calls",
    }
    assert broken_stages(tree(**sources)) == []


def test_a_drawer_is_seen_and_a_registry_may_grow() -> None:
    full = {f"lint__dataflow__part_{number}": "" for number in range(19)}
    (told,) = drawers(tree(**full))
    assert told.startswith("forge_doctor.lint.dataflow has 19 modules")
    assert drawers(tree(**{f"lint__rules__fault_{number}": "" for number in range(40)})) == []


def test_a_folder_without_a_layer_is_seen() -> None:
    drawer = Module(name="forge_doctor.utils", tree=ast.parse(""), is_package=True)
    assert unknown_folders((drawer,)) == ["utils"]


def test_a_cycle_is_seen_even_where_an_import_is_deferred_or_for_types_only() -> None:
    sources = {
        "pool__run": "from forge_doctor.pool import collect",
        "pool__collect": "def f():\n    from forge_doctor.pool.capacity import x",
        "pool__capacity": "if TYPE_CHECKING:\n    from forge_doctor.pool.run import y",
    }
    (cycle,) = cycles(tree(**sources))
    assert cycle.count("->") == 3
    assert cycles(tree(**{**sources, "pool__capacity": ""})) == []


def test_the_nodes_of_a_tree_may_name_the_file_they_belong_to_and_only_name_it() -> None:
    nodes = "from forge_doctor.code.syntax.source import SourceFile"
    sources = {"code__syntax__source": "import forge_doctor.code.syntax.nodes.base"}
    assert cycles(tree(**sources, code__syntax__nodes__base=f"if TYPE_CHECKING:\n    {nodes}")) == []
    assert len(cycles(tree(**sources, code__syntax__nodes__base=nodes))) == 1


@pytest.mark.parametrize("driver", ["asyncpg", "psutil", "docker.errors", "sqlalchemy.ext.asyncio", "psycopg"])
def test_a_driver_outside_the_probes_is_seen(driver: str) -> None:
    source = f"def f():\n    import {driver}"
    assert misplaced_drivers(tree(pool__collect=source)) == [f"forge_doctor.pool.collect:2: imports {driver}"]
    assert misplaced_drivers(tree(probes__postgres=source, demo__server=source)) == []


def test_an_eager_heavy_import_is_seen() -> None:
    assert eager_imports(tree(render__text="from rich.table import Table")) != []
    allowed = "if TYPE_CHECKING:\n    import rich\ndef f():\n    import rich"
    assert eager_imports(tree(render__text=allowed, demo__shop="import sqlalchemy")) == []


@pytest.mark.parametrize(
    "source",
    [
        "print(1)",
        "import sys\nsys.exit(1)",
        "from sys import exit as leave\nleave(1)",
        "import sys\nsys.stdout.isatty()",
        "import os\nos.environ['HOME']",
        "from os import getenv\ngetenv('HOME')",
        "import time\ntime.time()",
        "from time import monotonic as clock\nclock()",
        "from datetime import datetime, UTC\ndatetime.now(UTC)",
        "import datetime as dt\ndt.date.today()",
    ],
)
def test_an_act_of_the_edge_elsewhere_is_seen(source: str) -> None:
    assert acts_of_the_edge(tree(pool__run=source)) != []
    assert acts_of_the_edge(tree(cli__output=source, probes__postgres=source, settings=source, demo__load=source)) == []


def test_a_field_of_the_same_name_is_no_act_of_the_edge() -> None:
    source = "import datetime\ndef f(session, now: datetime.datetime):\n    return session.time, session.exit, now"
    assert acts_of_the_edge(tree(pool__run=source)) == []


@pytest.mark.parametrize(
    "handler", ["except Exception", "except BaseException", "except", "except (OSError, Exception)"]
)
def test_a_broad_handler_is_seen(handler: str) -> None:
    source = f"try:\n    f()\n{handler}:\n    pass"
    assert broad_handlers(tree(pool__run=source)) == ["forge_doctor.pool.run:3"]


def test_a_narrow_handler_is_allowed() -> None:
    assert broad_handlers(tree(pool__run="try:\n    f()\nexcept (OSError, ExceptionGroup):\n    pass")) == []


LOADED = """
import sys
sys.argv = ["forge-doctor", *sys.argv[1:]]
{run}
print(*sorted({{name.partition(".")[0] for name in sys.modules}}), file=sys.stderr)
"""
# Of the standard library: to load them would add a third to what the help takes.
SLOW = frozenset({"asyncio", "ssl", "tomllib"})
# Of what others need, nothing where a log's command line is plain.
UNUSED_BY_LOGS = frozenset(
    {"typer", "click", "shellingham", "email", "http", "zipfile", "tarfile", "multiprocessing"}
    | {"dataclasses", "inspect", "ast", "pkgutil", "gzip", "bz2", "lzma", "shutil", "pyexpat", "hashlib", "tempfile"}
)
RUN_COMMAND = """
from forge_doctor.cli import main
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
"""


def loaded_by(run: str, *arguments: str) -> set[str]:
    """The top-level modules in memory after a fresh interpreter has done it."""
    command = (sys.executable, "-c", LOADED.format(run=run), *arguments)
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    return set(done.stderr.splitlines()[-1].split())


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["--version"],
        ["explain"],
        ["explain", "idle-in-transaction"],
        ["pool", "--help"],
        ["demo", "--help"],
    ],
    ids=" ".join,
)
def test_a_command_that_only_prints_loads_nothing_heavy(arguments: list[str]) -> None:
    # Old versions of typer load rich by themselves.
    assert loaded_by(RUN_COMMAND, *arguments) & (HEAVY | SLOW) - loaded_by("import typer") == set()


def test_the_version_is_told_before_typer_is_loaded() -> None:
    assert "typer" not in loaded_by(RUN_COMMAND, "--version")


@pytest.mark.parametrize(
    "words", [("--color", "never"), ("--output-format", "json", "--min-confidence", "low")], ids=["text", "json"]
)
def test_a_log_is_read_with_nothing_loaded_that_reading_it_does_not_need(
    words: tuple[str, ...], tmp_path: Path
) -> None:
    (tmp_path / "app.log").write_text("all is well\n")
    line = ("logs", str(tmp_path / "app.log"), *words)
    loaded_by(RUN_COMMAND, *line)  # which keeps what the next run loads
    loaded = loaded_by(RUN_COMMAND, *line)
    assert loaded & (HEAVY | SLOW - {"tomllib"} | UNUSED_BY_LOGS) == set()  # which reads the configuration that is here


def test_a_heavy_import_would_be_noticed() -> None:
    assert loaded_by("import psutil, asyncpg") & HEAVY == {"psutil", "asyncpg"}


def test_no_module_of_the_tests_support_hides_one_of_the_standard_library() -> None:
    """Programs of the tests run from that folder, which then comes first on their path."""
    support = Path(__file__).parent / "support"
    assert {path.stem for path in support.glob("*.py")} & sys.stdlib_module_names == set()
