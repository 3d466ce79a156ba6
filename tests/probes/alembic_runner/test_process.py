"""Whatever runs in the child: what it answers is an answer or refused in a sentence, and what it prints is cut."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from forge_doctor.errors import CannotInspect
from forge_doctor.probes.alembic_runner import process
from forge_doctor.probes.alembic_runner.process import MOST_WORDS, Answer, Child, child_process

NONE = "is no answer"
ANSWERS = """os.write(1, b'{"ran": true, "version_tables": []}\\n'); input()"""
DETACHED = """
import os, time
def main():
    if os.fork() == 0:
        os.setsid()
        time.sleep(20)
        os._exit(0)
    os.write(1, b'{"ran": true, "version_tables": []}\\n')
    input()
"""


async def refused(child: Child) -> Answer | str:
    try:
        return await child.order("step", limit_s=20.0)
    except CannotInspect as problem:
        return str(problem)


async def answered(folder: Path) -> tuple[Answer | str, int]:
    async with child_process(sys.executable, "hostile", folder=folder) as child:
        return await refused(child), len(child._words)


def prepare(main: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "__init__.py").touch()
    (folder / "hostile.py").write_text(main, encoding="utf-8")
    monkeypatch.setattr(process, "FOLDER", folder)


def said(main: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Answer | str, int]:
    prepare(main, folder, monkeypatch)
    return asyncio.run(answered(folder))


@pytest.mark.slow
def test_what_is_no_answer_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [*b'[1] 7 null {} {"ran":5,"version_tables":[]} {"failure":7} \xff\0{'.split(), b"[" * 100_000]
    says = "import os\ndef main():\n" + "".join(f"    os.write(1, {line!r}); input()\n" for line in lines)

    async def ask() -> list[str]:
        prepare(says.replace("'); input", "\\n'); input"), tmp_path, monkeypatch)
        async with child_process(sys.executable, "hostile", folder=tmp_path) as child:
            return [str(await refused(child)) for _ in lines]

    assert all(one.endswith(NONE) for one in asyncio.run(ask()))


@pytest.mark.slow
def test_an_answer_without_end_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "LONGEST_ANSWER", 1 << 16)
    told, _ = said("import os\ndef main():\n    while True: os.write(1, b'x' * 65536)", tmp_path, monkeypatch)
    assert str(told).endswith(NONE)


@pytest.mark.slow
def test_of_what_is_printed_the_end_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    much = "import os\ndef main():\n    for _ in range(200): os.write(2, b'x' * 65536)\n    " + ANSWERS
    told, kept = said(much, tmp_path, monkeypatch)
    assert isinstance(told, Answer)
    assert 0 < kept <= MOST_WORDS


@pytest.mark.slow
@pytest.mark.parametrize(
    ("way", "words"),
    [
        ("os._exit(0)", ""),
        ("os.closerange(0, 300)", ""),
        ("os.killpg(0, 9)", ""),
        ("os.write(2, b'not\\ntoday'); raise SystemExit(0)", ": today"),
        ("raise KeyboardInterrupt('enough')", ": KeyboardInterrupt: enough"),
    ],
)
def test_an_early_end_is_told_with_the_last_words(
    way: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told, _ = said(f"import os\ndef main():\n    {way}", tmp_path, monkeypatch)
    assert told == f"the application's process ended while it ran env.py{words}"


def test_what_left_its_group_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told, _ = said(DETACHED, tmp_path, monkeypatch)
    assert isinstance(told, Answer)
