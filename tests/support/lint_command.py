"""A command as a user types it, `lint` before all: its real entry point, in this process or in one of its own."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from forge_doctor.cli import main

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Ran:
    """What the command wrote, and how it ended."""

    status: int
    out: str
    err: str

    @property
    def findings(self) -> list[dict[str, Any]]:
        """The findings of `--output-format json`."""
        found: list[dict[str, Any]] = json.loads(self.out)["findings"]
        return found

    @property
    def places(self) -> list[str]:
        """`check path:line` of each finding, sorted."""
        return sorted(f"{one['check']} {one['location']['target']}:{one['location']['line']}" for one in self.findings)


def lint(folder: Path, *arguments: str, stdin: bytes = b"") -> Ran:
    """Run it in `folder`; an exception that reaches the user fails the test."""
    return run(folder, "lint", *arguments, stdin=stdin)


def run(folder: Path, *arguments: str, stdin: bytes = b"", variables: Mapping[str, str] | None = None) -> Ran:
    """Any command in the same way, with these environment variables and no others where they are given."""
    streams = {name: io.TextIOWrapper(io.BytesIO(data), "utf-8") for name, data in _streams(stdin)}
    with contextlib.chdir(folder), contextlib.ExitStack() as patches:
        patches.enter_context(patch.object(sys, "argv", ["forge-doctor", *arguments]))
        if variables is not None:
            patches.enter_context(patch.dict(os.environ, variables, clear=True))
        for name, stream in streams.items():
            patches.enter_context(patch.object(sys, name, stream))
        try:
            main()
        except SystemExit as ended:
            status = ended.code
    for stream in streams.values():
        stream.flush()
    out, err = (streams[name].buffer.getvalue().decode() for name in ("stdout", "stderr"))  # type: ignore[attr-defined]
    assert isinstance(status, int), (status, err)
    return Ran(status, out, err)


def completed(folder: Path, *arguments: str, variables: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """The same as a process would give it, for what starts one only where the process itself is the question."""
    ran = run(folder, *arguments, variables=variables)
    return subprocess.CompletedProcess(arguments, ran.status, ran.out, ran.err)


def _streams(stdin: bytes) -> tuple[tuple[str, bytes], ...]:
    return ("stdin", stdin), ("stdout", b""), ("stderr", b"")


def lint_json(folder: Path, *arguments: str, stdin: bytes = b"") -> Ran:
    """The same with `--output-format json`."""
    return lint(folder, *arguments, "--output-format", "json", stdin=stdin)


def command(*arguments: str) -> list[str]:
    """What starts it in a process of its own."""
    return [sys.executable, "-m", "forge_doctor", "lint", *arguments]


def environment() -> dict[str, str]:
    """This checkout first on the path, and no colours."""
    return {**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1"}
