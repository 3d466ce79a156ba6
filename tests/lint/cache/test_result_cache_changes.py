"""Whatever happens to a project's files between runs: what the cache gives is what a run without it gives."""

from __future__ import annotations

import random
import subprocess
from pathlib import Path

import pytest

from forge_doctor.check import Check
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.finding import Finding, Severity
from forge_doctor.lint import schedule
from forge_doctor.lint.judge import Rule
from tests.support.changing_project import NAMES, RULES, SORTS, Shop, told_alike
from tests.support.lint_command import command, environment


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_a_run_with_kept_results_tells_what_a_run_without_tells(
    tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schedule, "FEW", 0)
    assert told_alike(Shop(tmp_path, random.Random(seed)), 120) > 100


def test_one_changed_file_leaves_the_results_of_those_that_have_nothing_to_do_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schedule, "FEW", 0)
    linted: list[Path] = []

    def watch(file: SourceFile, project: Project) -> tuple[Finding, ...]:
        linted.append(file.absolute)
        return ()

    watcher: Rule = Check(id="watcher", summary="", manual="", severity=Severity.INFO, run=watch)
    shop = Shop(tmp_path, random.Random(0))
    for name in NAMES:
        (shop.root / name).unlink()
    for name, sort in (("app/a.py", "session"), ("app/b.py", "use"), ("app/c.py", "async"), ("b.py", "other")):
        (shop.root / name).write_text(SORTS[sort].replace("{0}", "app.a"))
    shop.with_cache((*RULES, watcher))
    linted.clear()
    (shop.root / "b.py").write_text("async def brand_new(db):\n    pass\n")
    shop.with_cache((*RULES, watcher))
    assert linted == [shop.root / "b.py"]
    linted.clear()
    (shop.root / "b.py").write_text("async def make(db):\n    pass\n")
    shop.with_cache((*RULES, watcher))
    assert linted == [shop.root / name for name in ("app/b.py", "b.py")]


@pytest.mark.slow
def test_processes_beside_each_other_tell_the_same_while_files_change(tmp_path: Path) -> None:
    shop = Shop(tmp_path, random.Random(7))
    given = {**environment(), "XDG_CACHE_HOME": str(shop.cache)}
    line = command("--min-confidence", "low", "-f", "concise", *map(str, shop.files()))
    runs = [
        subprocess.Popen(line, cwd=shop.root, env=given, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(3)
    ]
    for run in runs:
        _, err = run.communicate(timeout=60)
        assert (run.returncode, err) in ((0, b""), (1, b""))
    shop.change()
    line = command("--min-confidence", "low", "-f", "concise", *map(str, shop.files()))
    kept, fresh = (
        subprocess.run([*line, *more], cwd=shop.root, env=given, capture_output=True, check=False).stdout
        for more in ((), ("--no-cache",))
    )
    assert kept == fresh != b""
