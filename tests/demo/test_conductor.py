"""The whole demo as a user starts it: the diagnosis is right, the faults are real, and nothing is left behind."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import psutil
import pytest

from forge_doctor.demo.faults import FAULTS, locate
from tests.support.postgres import unprivileged_directory

# All of them beside the one demo that they share.
pytestmark = pytest.mark.long
LIMIT_S = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    """A demo that runs; its temporary directory lies in `folder`, its standard error goes to `told`."""

    process: subprocess.Popen[str]
    folder: Path
    told: Path

    def wait_for(self, pattern: str) -> str:
        """The first match in what it tells; fails after a limit, or where it ends first."""
        deadline = time.monotonic() + LIMIT_S
        while time.monotonic() < deadline:
            text = self.told.read_text(encoding="utf-8")
            if found := re.search(pattern, text):
                return found[0]
            assert self.process.poll() is None, f"ended with {self.process.returncode}:\n{text}"
            time.sleep(0.05)
        raise AssertionError(f"no {pattern!r} within {LIMIT_S} s in:\n{text}")

    def family(self) -> list[psutil.Process]:
        """Every process below it."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def stop(self, number: int) -> int:
        """Its exit status after the signal."""
        self.process.send_signal(number)
        return self.process.wait(timeout=LIMIT_S)


def start(folder: Path, *arguments: str) -> Demo:
    told, shown, temporary = folder / "stderr", folder / "stdout", folder / "tmp"
    temporary.mkdir()
    with told.open("w") as errors, shown.open("w") as output:
        process = subprocess.Popen(
            (sys.executable, "-m", "forge_doctor", "demo", *arguments),
            # Other tests have services of their own here: what is told nothing would look at those as well.
            env={
                **os.environ,
                "TMPDIR": str(temporary),
                "FORGE_DOCTOR_TRIAGE_TARGETS": "forge_doctor.demo.shop.api:app",
            },
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
            text=True,
        )
    return Demo(process=process, folder=temporary, told=told)


def runs(process: psutil.Process) -> bool:
    """Whether it is more than an entry that its new parent has not collected yet."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def assert_nothing_is_left(demo: Demo, family: list[psutil.Process]) -> None:
    assert [process for process in family if runs(process)] == []
    # The page is the demo's to give: it stays.
    assert [path for path in demo.folder.iterdir() if path.suffix != ".html"] == []
    assert demo.told.read_text(encoding="utf-8").endswith("everything is stopped and removed\n")


@pytest.fixture
def folder() -> Iterator[Path]:
    """A directory that other accounts may enter, as /tmp is: where we are root, PostgreSQL runs as another."""
    with unprivileged_directory("demo") as directory:
        yield directory


@pytest.fixture(scope="module")
def open_demo() -> Iterator[Demo]:
    """`forge-doctor demo --keep`, after its diagnosis."""
    with unprivileged_directory("demo") as directory:
        demo = start(directory, "--keep")
        try:
            demo.wait_for("stays open until Ctrl-C[^$]*tail -f .*\n")
            yield demo
        finally:
            if demo.process.poll() is None:
                demo.stop(signal.SIGTERM)


def diagnosis(demo: Demo) -> str:
    return (demo.told.parent / "stdout").read_text(encoding="utf-8")


def test_the_statements_that_cost_are_named_with_their_mend(open_demo: Demo) -> None:
    page = " ".join(diagnosis(open_demo).split())
    assert "FROM answers WHERE $1::INTEGER = answers.review_id` is sent about 10 times for each call of" in page
    assert "reads all 40,000 rows of reviews and throws nearly all away" in page
    assert 'CREATE INDEX CONCURRENTLY "ix_reviews_email" ON "public"."reviews" ("email");' in page


def test_the_diagnosis_names_the_leak_the_holder_the_root_and_the_pool(open_demo: Demo) -> None:
    # Before the triage, which sees other demos that run beside this one as well.
    page = " ".join(diagnosis(open_demo).partition("\ntriage ")[0].split())
    workers = {process.pid for process in open_demo.family() if "--multiprocessing-fork" in process.cmdline()}
    assert len(workers) == 2
    assert "14 sessions look leaked" in page
    assert "leaked-transactions" in page
    holders = {
        int(pid) for pid in re.findall(r"worker pid (\d+) \(uvicorn forge_doctor.demo.shop.api:app\) holds", page)
    }
    assert holders
    assert holders <= workers
    assert "1 root, 3 blocked" in page
    assert "may open 80 connections (2 workers x 40), against 33 usable slots" in page
    assert "pool-exceeds-slots" in page


def test_the_triage_finds_everything_by_itself_and_names_the_causes(open_demo: Demo) -> None:
    page = " ".join(diagnosis(open_demo).partition("\ntriage ")[2].split())
    for cause, line in (
        ("lost-write", "shop/api.py"),
        ("lazy-load", "shop/api.py"),
        ("lock-held-during-call", "shop/api.py"),
        ("leaked-session", "shop/receipts.py"),
    ):
        assert re.search(rf"{line}:\d+ \w+ verdict confirmed; cause {cause}", page), cause
    report = Path(open_demo.wait_for(r"for a browser: \S+\.html").rpartition(" ")[2])
    assert "leaked-session" in report.read_text("utf-8")


@pytest.mark.parametrize("name", ["lazy-load", "missing-await"])
def test_the_triage_of_the_log_leads_to_the_faults_that_the_database_cannot_show(open_demo: Demo, name: str) -> None:
    page = "".join(diagnosis(open_demo).split())
    fault = next(fault for fault in FAULTS if fault.name == name)
    signature, _ = fault.shown_by
    assert re.search(rf"{re.escape(str(locate(fault)))};?{signature};?highconfidence", page)  # wherever it is folded
    assert "2problemsin" in page
    assert re.search(r"count\d+events\([^)]*\)first20\d\d-[\dT:.-]+Z;last20", page), "the log tells the time"


@pytest.mark.parametrize(
    "rule", ["unclosed-session-in-background", "unawaited-session-call", "network-call-in-transaction"]
)
def test_lint_finds_the_faults_in_the_source_where_they_are_marked(open_demo: Demo, rule: str) -> None:
    page = "".join(diagnosis(open_demo).split())
    place = locate(next(fault for fault in FAULTS if rule in fault.shown_by))
    line = re.escape(f"shop/{Path(place.target).name}:{place.line}")
    assert re.search(rf"{line}:\d+;{rule};?highconfidence", page)


async def test_the_unawaited_commit_saves_nothing(open_demo: Demo) -> None:
    server = open_demo.wait_for(r"127\.0\.0\.1:\d+/shop")
    connection = await asyncpg.connect(f"postgresql://shop:shop@{server}")
    try:
        assert await connection.fetchval("SELECT count(*) FROM wishes") == 0
        assert await connection.fetchval("SELECT count(*) FROM orders") == 14
    finally:
        await connection.close()


async def test_the_superuser_of_the_demo_is_nobody_s_to_use(open_demo: Demo) -> None:
    server = open_demo.wait_for(r"127\.0\.0\.1:\d+/shop")
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(f"postgresql://postgres:postgres@{server}")


def test_a_termination_leaves_nothing_behind(open_demo: Demo) -> None:
    family = open_demo.family()
    assert len(family) >= 5
    assert open_demo.stop(signal.SIGTERM) == 128 + signal.SIGTERM
    assert_nothing_is_left(open_demo, family)


@pytest.mark.parametrize("moment", ["starting a PostgreSQL", pytest.param("starting the shop", marks=pytest.mark.slow)])
def test_a_ctrl_c_while_it_starts_leaves_nothing_behind(moment: str, folder: Path) -> None:
    demo = start(folder)
    demo.wait_for(moment)
    deadline = time.monotonic() + 30
    while not (family := demo.family()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    demo.process.send_signal(signal.SIGINT)
    assert demo.stop(signal.SIGINT) == 128 + signal.SIGINT
    assert_nothing_is_left(demo, family)


def test_a_program_that_fails_is_told_with_its_own_words(tmp_path: Path) -> None:
    from forge_doctor.errors import CannotInspect
    from forge_doctor.probes.processes.children import run_to_end, stopping

    failing = (sys.executable, "-c", "import sys; sys.exit('no space left')")

    async def run_both() -> None:
        with pytest.raises(CannotInspect, match="failed: no space left"):
            await run_to_end(failing, timeout_s=20)
        async with stopping(failing, log=tmp_path / "log", graceful_s=1) as child:
            await child.process.wait()
            with pytest.raises(CannotInspect, match="ended with status 1:\nno space left"):
                child.raise_if_ended()

    asyncio.run(run_both())


def test_a_process_that_ignores_its_end_is_killed_with_its_group(tmp_path: Path) -> None:
    from forge_doctor.probes.processes.children import stopping

    stubborn = "import signal, subprocess, sys, time; signal.signal(signal.SIGINT, signal.SIG_IGN); "
    stubborn += "subprocess.Popen(['sleep', '60']); print('ready', flush=True); time.sleep(60)"

    async def run_it() -> list[psutil.Process]:
        async with stopping((sys.executable, "-c", stubborn), log=tmp_path / "log", graceful_s=0.2) as child:
            while not (tmp_path / "log").read_text(encoding="utf-8"):
                await asyncio.sleep(0.02)
            ours = psutil.Process(child.process.pid)
            return [ours, *ours.children()]

    started = time.monotonic()
    family = asyncio.run(run_it())
    assert len(family) == 2
    assert time.monotonic() - started < 20
    # The group is killed with the process; how soon each is gone is the kernel's to say.
    psutil.wait_procs(family, timeout=5)
    assert [process for process in family if runs(process)] == []
