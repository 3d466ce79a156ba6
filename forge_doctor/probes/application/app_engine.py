"""The pool of the application's own SQLAlchemy engine, read from `package.module:engine`; never connects.

The application is imported in another process: its threads, patches, output, exits and hangs stay
there, and this process needs no SQLAlchemy.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, cast

from forge_doctor.dataclass import dataclass, field, replace
from forge_doctor.errors import UsageProblem
from forge_doctor.redaction import redact
from forge_doctor.redaction.held import hold_url
from forge_doctor.typed_json import WrongType, decode

SPEC = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*(\.[^\W\d]\w*)*")
TIMEOUT_S = 20.0
PAUSE_S = 0.01
PIPE_BYTES = 1 << 20
MOST_WORDS = 4096
READER = Path(__file__).with_name("engine_reader.py")


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineFacts:
    """An engine as SQLAlchemy configured it.

    `name` is what the user typed, `pool_class` the SQLAlchemy class (of a subclass, its base).
    Numbers the pool does not have (NullPool has no size) are None; `pool_size` 0 and `max_overflow`
    -1 mean unlimited, `pool_recycle_s` -1 never. `url` has no password. Of an engine told by its source alone,
    `defaults` are the numbers it is not given, SQLAlchemy's own, and `doubts` the settings whose default another is.
    """

    name: str
    dialect: str
    driver: str
    pool_class: str
    pool_size: int | None = None
    max_overflow: int | None = None
    pool_timeout_s: float | None = None
    pool_recycle_s: float | None = None
    pre_ping: bool | None = None
    url: str = ""
    defaults: tuple[str, ...] = ()
    doubts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Interpreter:
    """The Python to import an application with: `folder` is first on its path, `environment` what it finds there."""

    path: str
    folder: Path | None = None
    environment: Mapping[str, str] | None = None


def read_engine(
    spec: str, *, directory: Path | None = None, timeout_s: float = TIMEOUT_S, python: Interpreter | None = None
) -> EngineFacts:
    """Import `spec` with `directory` (the current one) first on the path, and read its pool; by our own Python, or by
    `python`, which need not know forge-doctor.

    `spec` names an engine, a sessionmaker or a function without arguments that returns either.
    Raises `UsageProblem` for everything that stands in the way.
    """
    if not SPEC.fullmatch(spec):
        raise UsageProblem(f"--app {spec}: must be written package.module:engine, such as --app shop.db:engine")
    answer, status, output = _run_reader(spec, python or Interpreter(path=sys.executable, folder=directory), timeout_s)
    if answer is None:
        said = f" (its last words: {output})" if output else ""
        raise UsageProblem(f"--app {spec}: {_ending(status)} while it was imported{said}; give --pool-size instead")
    if "problem" in answer:
        raise UsageProblem(f"--app {spec}: {redact(str(answer['problem']))}{_by(python)}")
    hold_url(str(answer.pop("whole_url", "")))
    try:
        facts: EngineFacts = decode(EngineFacts, {**answer, "name": spec}, "the engine")
    except WrongType as error:
        raise UsageProblem(f"--app {spec}: {redact(str(error))}{_by(python)}; give --pool-size instead") from error
    return replace(facts, url=redact(facts.url))


def _by(python: Interpreter | None) -> str:
    return "" if python is None or python.path == sys.executable else f" (imported with {python.path})"


def _run_reader(spec: str, python: Interpreter, timeout_s: float) -> tuple[dict[str, Any] | None, int, str]:
    """(what the reader found or None, its exit status, the last line the application wrote)."""
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as answer:
        try:
            process = subprocess.Popen(
                [python.path, str(READER), spec, str(writing)],
                cwd=python.folder,
                env=None if python.environment is None else dict(python.environment),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                pass_fds=(writing,),
                start_new_session=True,
            )
        except OSError as error:
            raise UsageProblem(f"--python {python.path}: cannot be run: {error.strerror}") from error
        finally:
            os.close(writing)
        output = _wait(process, spec, timeout_s)
        os.set_blocking(reading, False)  # whatever the application started may hold the other end open
        content = answer.read()
    return _parsed(content, spec) if content else None, process.returncode, _last_line(output)


def _parsed(content: bytes, spec: str) -> dict[str, Any]:
    """What stands in the pipe, which whatever was imported could write to as well."""
    try:
        answer = json.loads(content)
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        raise UsageProblem(f"--app {spec}: what was told of its engine is no answer; give --pool-size instead")
    return answer


def _wait(process: subprocess.Popen[bytes], spec: str, timeout_s: float) -> bytes:
    """The last words of the application, once its process has ended; nobody waits for what it left running."""
    reading = cast("IO[bytes]", process.stderr)
    os.set_blocking(reading.fileno(), False)
    end = time.monotonic() + timeout_s
    words = b""
    with reading:
        try:
            while process.poll() is None:
                if time.monotonic() > end:
                    raise UsageProblem(
                        f"--app {spec}: was not imported within {timeout_s:g} s; give --pool-size and --max-overflow instead"
                    )
                time.sleep(PAUSE_S)
                words = _read_on(reading, words)
        finally:
            with suppress(ProcessLookupError, PermissionError):  # nothing it started may stay behind
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        return _read_on(reading, words)


def _read_on(reading: IO[bytes], words: bytes) -> bytes:
    """The end of what was said before and what a pipe holds now, which is not more than a pipe holds."""
    said = reading.read(PIPE_BYTES) or b""
    return (words + said)[-MOST_WORDS:]


def _ending(status: int) -> str:
    return f"the application was killed by signal {-status}" if status < 0 else f"the application exited ({status})"


def _last_line(output: bytes) -> str:
    lines = [line.strip() for line in output.decode(errors="replace").splitlines() if line.strip()]
    return redact(lines[-1])[:200] if lines else ""
