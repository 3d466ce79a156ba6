"""Logs that logging libraries write of real faults, each with settings that are drawn: the same problems in every one."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from forge_doctor.logs.collect import Task, collect
from forge_doctor.logs.culprit import Rules
from forge_doctor.streams.sources.files import FileSource
from tests.support.postgres import FreshDatabase
from tests.support.written_logs.faults import blamed_lines
from tests.support.written_logs.ways import UNTRACED, WAYS

SEED, ROUNDS = 0, 2
ROOT = Path(__file__).parents[3]
# Stamps have whole seconds.
EARLIER_S = 1.0


def write_logs(dsn: str, folder: Path) -> list[dict[str, Any]]:
    command = [sys.executable, "-W", "ignore", "-m", "tests.support.written_logs", dsn, folder, str(SEED), str(ROUNDS)]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, cwd=ROOT, timeout=120)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def expected(told: dict[str, Any]) -> Counter[tuple[str, str | None]]:
    """Each fault so often, and its line where a traceback was written; without one, nobody knows a KeyError by its class."""
    lines = blamed_lines()
    if not told["traced"]:
        return Counter({("" if name == "KeyError" else name, None): told["repeats"] for name in lines})
    return Counter({(name, f"faults.py:{line}"): told["repeats"] for name, line in lines.items()})


def wrong_in(told: dict[str, Any], folder: Path) -> list[str]:
    """What of the log is told otherwise than it was written."""
    found = collect(Task(source=FileSource(name="shop", paths=(folder / told["file"],)), rules=Rules()))
    problems: Counter[tuple[str, str | None]] = Counter()
    wrong = [found.problem] if found.problem else []
    for group in found.summary.groups.values():
        place = group.culprit and f"{Path(group.culprit.file).name}:{group.culprit.line}"
        problems[(group.signature or group.exception, place)] += group.count
        moments = [at for at in (group.first, group.last) if at is not None]
        if not all(told["begun"] - EARLIER_S <= at <= told["ended"] for at in moments):
            wrong.append(f"{group.key}: {moments}")
        if told["timed"] and group.untimed:
            wrong.append(f"{group.key}: {group.untimed} without a time")
    if problems != expected(told):
        missing, more = expected(told) - problems, problems - expected(told)
        wrong.append(f"not found: {sorted(missing.items(), key=str)}, and instead: {sorted(more.items(), key=str)}")
    return [f"{told['file']}: {one}" for one in wrong]


def test_every_way_of_logging_gives_the_same_problems(fresh_database18: FreshDatabase, tmp_path: Path) -> None:
    logs = write_logs(fresh_database18.dsn(scheme="postgresql+asyncpg"), tmp_path)
    assert len(logs) == ROUNDS * len(WAYS + UNTRACED)
    wrong = [line for told in logs for line in wrong_in(told, tmp_path)]
    assert not wrong, "\n".join(wrong)
