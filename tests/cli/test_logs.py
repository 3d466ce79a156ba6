"""The command as a process: sources, exit codes, JSON, what can't be read, and a live follow ended by Ctrl-C."""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import re
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.support.docker_engine import LogContainer
from tests.support.lint_command import run
from tests.support.log_generator import Truth, write_log
from tests.support.terminal import on_terminal

ROOT = Path(__file__).resolve().parents[2]
# No engine answers there. Of a path that is not there the SDK would leave its socket open, in the test's own process too.
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1", "DOCKER_HOST": "tcp://127.0.0.1:1"}


def logs(*arguments: object, stdin: bytes | None = None, cwd: Path = ROOT) -> subprocess.CompletedProcess[bytes]:
    """In this process, but for what is read from stdin: there a real stream is the question."""
    words = ("logs", *map(str, arguments))
    if stdin is None:
        ran = run(cwd, *words, variables=ENVIRONMENT)
        return subprocess.CompletedProcess(words, ran.status, ran.out.encode(), ran.err.encode())
    command = [sys.executable, "-P", "-m", "forge_doctor", *words]
    return subprocess.run(command, input=stdin, capture_output=True, env=ENVIRONMENT, cwd=cwd, timeout=120)


def problems(run: subprocess.CompletedProcess[bytes]) -> dict[tuple[str, str, int], int]:
    """(signature, file, line) -> count, with errors that nobody knows under the signature ''."""
    found: dict[tuple[str, str, int], int] = {}
    report = json.loads(run.stdout)
    for kind in ("problems", "other_errors"):
        for one in listed(report, kind):
            place = one["culprit"] or {"file": "", "line": 0}
            name = one["signature"] if kind == "problems" else ""
            found[(name, place["file"], place["line"])] = one["count"]
    return found


def listed(value: Any, key: str) -> list[dict[str, Any]]:
    """The list under `key`, wherever it is."""
    if isinstance(value, dict):
        return value[key] if isinstance(value.get(key), list) else listed(list(value.values()), key)
    return next((found for one in value if (found := listed(one, key))), []) if isinstance(value, list) else []


def expected(truth: Truth) -> dict[tuple[str, str, int], int]:
    return {key: seen.count for key, seen in truth.problems.items()}


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Truth]:
    path = tmp_path_factory.mktemp("logs") / "app.log"
    return path, write_log(path, 4_000_000, 0.1)


JSON = ("-f", "json", "--min-confidence", "low")


def test_counts_and_culprits_of_a_generated_log_are_the_truth(log: tuple[Path, Truth]) -> None:
    path, truth = log
    run = logs(path, *JSON)
    assert run.returncode == 1, run.stderr
    assert problems(run) == expected(truth)
    assert sum(expected(truth).values()) > 50


def test_reading_a_file_loads_nothing_of_what_reads_object_storage(tmp_path: Path) -> None:
    (tmp_path / "app.log").write_text("all is well\n")
    watched = (
        "import sys; from forge_doctor.cli import main; sys.argv = ['forge-doctor', 'logs', 'app.log', '-o', 'out']\n"
        "try: main()\nexcept SystemExit as end: print(end.code)\n"
        "print(*(name for name in sys.modules if name.startswith('forge_doctor.logs')))"
    )
    command = [sys.executable, "-P", "-c", watched]
    said = subprocess.run(command, capture_output=True, env=ENVIRONMENT, cwd=tmp_path, timeout=60, text=True).stdout
    ended, modules = said.splitlines()[-2:]
    assert ended == "0"
    assert {"forge_doctor.logs.fleet", "forge_doctor.streams.sources.object_errors"} & set(modules.split()) == set()


@pytest.mark.parametrize("engine", ["re2", "ahocorasick", "stdlib"])
def test_every_engine_says_the_same(log: tuple[Path, Truth], engine: str) -> None:
    assert problems(logs(log[0], "--engine", engine, *JSON)) == expected(log[1])


def test_standard_input_is_read_packed_or_not(log: tuple[Path, Truth]) -> None:
    text = log[0].read_bytes()
    for arguments, data in (((), text), (("-",), gzip.compress(text, 1))):
        assert problems(logs(*arguments, *JSON, stdin=data)) == expected(log[1])


def test_first_and_last_of_each_problem_are_the_truth(log: tuple[Path, Truth]) -> None:
    path, truth = log
    from datetime import datetime

    for one in listed(json.loads(logs(path, *JSON).stdout), "problems"):
        seen = truth.problems[(one["signature"], one["culprit"]["file"], one["culprit"]["line"])]
        assert abs((datetime.fromisoformat(one["first"]) - seen.first).total_seconds()) < 0.002
        assert abs((datetime.fromisoformat(one["last"]) - seen.last).total_seconds()) < 0.002


def test_since_and_until_leave_out_what_lies_outside(log: tuple[Path, Truth]) -> None:
    path, truth = log
    whole = sum(expected(truth).values())
    middle = sorted(seen.first for seen in truth.problems.values())[len(truth.problems) // 2].isoformat()
    before = sum(problems(logs(path, "--until", middle, *JSON)).values())
    after = sum(problems(logs(path, "--since", middle, *JSON)).values())
    assert 0 < before < whole
    assert whole <= before + after <= whole + 1


def test_what_a_test_is_given_is_neither_a_fault_nor_unread() -> None:
    name = "tests/test_db.py::test_clients[FATAL: sorry, too many clients already]"
    run = logs("-", stdin=f"{name} PASSED [100%]\n".encode())
    assert (run.returncode, b"No fault found" in run.stdout + run.stderr) == (0, True)


def test_tail_reads_the_last_lines_only(tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    path.write_text("2026-11-22 08:00:00,000 ERROR [a] deadlock detected\n" * 9)
    assert sum(problems(logs(path, "--tail", 4, *JSON)).values()) == 4


def test_tail_finds_the_last_lines_of_a_plain_file_from_its_end_and_of_a_packed_one_by_reading_it(
    tmp_path: Path,
) -> None:
    line = b"2026-11-22 08:00:00,000 ERROR [a] deadlock detected\n"
    plain, packed = tmp_path / "app.log", tmp_path / "packed.log.gz"
    packed.write_bytes(gzip.compress(line * 9))
    plain.write_bytes(line * 9000)
    # A hole that would take a minute to read.
    os.truncate(plain, 200 << 30)
    with plain.open("ab") as file:
        file.write(b"\n" + line * 3)
    run = logs(plain, packed, "--tail", 2, *JSON)
    assert sum(problems(run).values()) == 4
    assert json.loads(run.stdout)["inspected"] == {"lines": 4, "bytes": 4 * len(line)}


def test_a_source_that_cannot_be_read_is_named_and_the_others_are_read(log: tuple[Path, Truth], tmp_path: Path) -> None:
    (tmp_path / "empty.log").touch()
    (tmp_path / "picture.log").write_bytes(b"\x89PNG\r\n" + bytes(range(256)))
    run = logs(log[0], tmp_path / "empty.log", tmp_path / "picture.log", tmp_path / "gone.log", "nobody", *JSON)
    assert problems(run) == expected(log[1])
    assert run.returncode == 1
    for said in (
        b"empty.log: is empty",
        b"picture.log: is an image",
        b"gone.log: no such file",
        b"no such file, and no Docker Engine answers",
    ):
        assert said in run.stdout
    assert b"Traceback" not in run.stderr


def test_nothing_readable_is_exit_3_and_a_healthy_log_exit_0(tmp_path: Path) -> None:
    healthy = tmp_path / "calm.log"
    healthy.write_text("2026-11-22 08:00:00,000 INFO session opened, 0 errors, connection closed\n" * 100)
    assert logs(healthy).returncode == 0
    assert logs(healthy, tmp_path / "gone.log").returncode == 3
    run = logs(tmp_path / "gone.log")
    assert run.returncode == 3
    assert b"gone.log: no such file" in b" ".join(run.stdout.split())  # however it is wrapped


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("x.log", ""), b"a source without a name"),
        (("x.log", "--since", "yesterday"), b"--since yesterday: is no time: write 30m, 2h"),
        (("x.log", "--since", "1h", "--until", "2h"), b"--since 1h is not before --until 2h"),
        (("x.log", "--by", "colour"), b"--by colour: choose signature, culprit or source"),
        (("x.log", "--zone", "CET"), b"--zone CET: is no offset: write +02:00"),
        (("x.log", "--engine", "hyperscam"), b"did you mean 'hyperscan'"),
        (("x.log", "--only", "missing-greenlit"), b"did you mean 'missing-greenlet'"),
        (("x.log", "--until", "1h", "--follow"), b"--until does not go with --follow"),
        (("x.log", "--dask", "tcp://127.0.0.1:1"), b"--dask: is for s3://, gs:// and file:// URLs"),
    ],
)
def test_a_wrong_word_is_one_line_and_exit_2(arguments: tuple[str, ...], said: bytes, tmp_path: Path) -> None:
    (tmp_path / "x.log").write_text("INFO calm\n")
    run = logs(*arguments, cwd=tmp_path)
    assert run.returncode == 2
    assert said in run.stderr
    assert run.stderr.count(b"\n") == 1


def test_the_configuration_names_the_app_s_own_code(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.forge-doctor.logs]\nby = "culprit"\nmin-count = 3\n')
    (tmp_path / "a.log").write_text("2026-11-22 08:00:00,000 ERROR [a] deadlock detected\n" * 2)
    assert problems(logs("a.log", *JSON, cwd=tmp_path)) == {}
    assert problems(logs("a.log", "--min-count", 2, *JSON, cwd=tmp_path)) != {}
    (tmp_path / "pyproject.toml").write_text("[tool.forge-doctor.logs]\napp-rot = []\n")
    run = logs("a.log", cwd=tmp_path)
    assert run.returncode == 2
    assert b"did you mean 'app-root'" in run.stderr


def test_following_ends_with_the_triage_on_an_interrupt(tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    line = "2026-11-22 08:00:00,000 ERROR [a] deadlock detected\n"
    path.write_text(line)
    command = [sys.executable, "-P", "-m", "forge_doctor", "logs", str(path), "--follow", *JSON]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENVIRONMENT)
    wait_until(lambda: str(path) in opened_by(process.pid))
    for _ in range(3):
        with path.open("a") as file:
            file.write(line)
        wait_until(lambda: read_up_to(process.pid, path) == path.stat().st_size)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert process.returncode == 1, err
    run = subprocess.CompletedProcess(command, process.returncode, out, err)
    assert list(problems(run).values()) == [4]
    assert listed(json.loads(out), "tables")[-1]["rows"][0][:2] == [str(path), "file, followed"]


def test_following_ends_when_nobody_reads_any_more(tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    path.write_text("2026-11-22 08:00:00,000 INFO [a] up\n")
    command = [sys.executable, "-P", "-m", "forge_doctor", "logs", str(path), "--follow"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENVIRONMENT)
    wait_until(lambda: str(path) in opened_by(process.pid))
    assert process.stdout is not None
    process.stdout.close()
    assert process.wait(timeout=20) == 141
    assert process.stderr is not None
    with process.stderr:
        assert process.stderr.read() == b""


def opened_by(pid: int) -> set[str]:
    """The files that a process has open."""
    found: set[str] = set()
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            found.add(str(descriptor.readlink()))
    return found


def read_up_to(pid: int, path: Path) -> int:
    """The furthest place in a file that a process has read."""
    places = [0]
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            if descriptor.readlink() == path:
                told = Path(f"/proc/{pid}/fdinfo/{descriptor.name}").read_text(encoding="ascii")
                places.append(int(told.split()[1]))
    return max(places)


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_explain_knows_the_signatures_beside_the_checks() -> None:
    def explain(*arguments: str) -> str:
        return run(ROOT, "explain", *arguments, variables=ENVIRONMENT).out

    assert "missing-greenlet" in explain()
    assert "greenlet_spawn has not been called" in explain("missing-greenlet")
    assert "severity: error" in explain("missing-greenlet")
    assert explain("idle-in-transaction").count("severity: ") == 2


def test_a_live_screen_has_the_tables_and_ctrl_c_leaves_the_whole_triage(log: tuple[Path, Truth]) -> None:
    code, shown = on_terminal("logs", "--follow", str(log[0]), interrupt_after="Errors nobody knows")
    live, left, last = shown.partition("\x1b[?1049l")
    assert left
    assert "Problems" in live
    assert "innermost user frame" not in live
    assert "innermost user frame" in last
    assert "manual" in last
    assert "Traceback" not in shown
    assert code == 1


def test_progress_is_one_line_that_goes_before_the_triage(tmp_path: Path) -> None:
    big = tmp_path / "big.log.gz"
    # Long enough for a progress line every fifth of a second, and small on disk.
    big.write_bytes(gzip.compress(b"2026-11-22 08:00:00,000 INFO started\n" * 100_000) * 100)
    code, shown = on_terminal("logs", str(big))
    drawn, _, after = shown.rpartition("\r\x1b[K")
    assert re.search(r"big\.log\.gz: [\d,]+ MB, [\d,]+ MB/s, 0 hits", drawn)
    assert "MB/s" not in after
    assert "\n" not in drawn
    assert code == 0


@pytest.mark.docker
def test_several_containers_are_read_together_and_one_named_twice_once(log_container: LogContainer) -> None:
    shop, api = (f"{name}-{uuid.uuid4().hex[:8]}" for name in ("shop", "api"))
    labels = {"com.docker.compose.project": shop, "com.docker.compose.service": api}
    trouble = "echo 'ERROR:    FATAL: sorry, too many clients already'; kill -9 $$"
    first, second = log_container(trouble, labels=labels), log_container(trouble, log_config={"type": "local"})
    command = [sys.executable, "-P", "-m", "forge_doctor", "logs", *JSON]
    named = [first.name, first.id, shop, api, second.name]
    run = subprocess.run(
        [*command, *named], capture_output=True, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False
    )
    (problem,) = json.loads(run.stdout)["problems"]
    assert (problem["signature"], problem["count"]) == ("too-many-clients", 2)
    assert problem["sources"] == sorted([first.name, second.name])


@pytest.mark.docker
def test_a_container_s_progress_is_shown_on_a_terminal_and_nowhere_else(log_container: LogContainer) -> None:
    script = "yes 2026-11-22 08:00:00,000 INFO started | head -c 12000000"
    # The engine's own names are sometimes so long that the table breaks its cells.
    name = log_container(script, log_config={"type": "local"}, name=f"fd-progress-{uuid4().hex[:6]}").name
    code, shown = on_terminal("logs", name)
    assert re.search(rf"{name}: \d+ MB, [\d,]+ MB/s, 0 hits\r\x1b\[K", shown)
    assert code == 0
    run = subprocess.run([sys.executable, "-m", "forge_doctor", "logs", name], capture_output=True, timeout=60)
    assert (run.returncode, run.stderr) == (0, b"")
    assert b"container, through the Docker API (logging driver local)" in run.stdout
